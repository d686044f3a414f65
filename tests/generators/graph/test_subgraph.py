import numpy as np
from graphs import one, ring, some

from synthgen.generators.graph.subgraph import Subgraph
from synthgen.models.graph import Graph


def test_a_piece_of_a_connected_graph_is_connected_and_has_all_edges_between_its_nodes():
    for i, graph in enumerate(some()):
        piece = one(Subgraph(cut_range=(0.5, 0.5)), graph, index=i).payload
        assert piece.nodes == graph.nodes - round(0.5 * graph.nodes)
        assert len(np.unique(piece.components())) == 1


def test_a_piece_of_a_ring_is_a_path():
    piece = one(Subgraph(cut_range=(0.4, 0.4)), ring(20)).payload
    assert (piece.nodes, piece.size) == (12, 11)


def test_a_walk_goes_on_in_another_part_when_its_own_is_used_up():
    apart = Graph(6, np.array([[0, 2, 4], [1, 3, 5]], np.int32))
    piece = one(Subgraph(cut_range=(0.2, 0.2)), apart).payload
    assert piece.nodes == 5
    assert piece.size == 2
