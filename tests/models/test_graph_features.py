import numpy as np
from graphs import ring, some

from synthgen.modalities.graph import Graph as Modality
from synthgen.models import graph_features
from synthgen.models.graph import Graph
from synthgen.models.graph_defects import disguises, reindexed

MODALITY, RNG = Modality(), np.random.default_rng


def test_no_vector_knows_the_order_of_the_nodes():
    for i, graph in enumerate(some(8)):
        other = reindexed(graph, RNG(i))
        for features in (graph_features.signature, graph_features.fingerprint, graph_features.embed):
            np.testing.assert_allclose(features([graph]), features([other]), atol=1e-6)


def test_one_edge_one_kind_or_one_feature_more_is_no_copy():
    graph = ring()
    kinds = graph.node_kinds.copy()
    kinds[3] = 2
    fields = (graph.edge_kinds, graph.node_features)
    others = [
        graph.keep_edges(np.arange(11)),
        Graph(12, graph.edges, kinds, *fields),
        Graph(12, graph.edges, graph.node_kinds, graph.edge_kinds, graph.node_features * 1.5),
        Graph(12, graph.edges, graph.node_kinds, graph.edge_kinds[::-1].copy(), graph.node_features),
    ]
    for other in others:
        apart = np.abs(graph_features.signature([graph]) - graph_features.signature([other])).max()
        assert apart > 2 * MODALITY.copy_tolerance


def test_a_disguised_graph_is_nearest_to_its_own():
    graphs = some(20)
    held = graph_features.fingerprint(graphs)
    for i, graph in enumerate(graphs):
        for other in disguises(graph, RNG(i)).values():
            apart = 1 - held @ graph_features.fingerprint([other])[0]
            assert np.argmin(apart) == i
            assert apart[i] < MODALITY.leak_tolerance / 4
