import io
from dataclasses import replace

import numpy as np
import pytest
from graphs import ring, some
from PIL import Image

from synthgen.modalities.graph import Graph as Modality
from synthgen.models import tensor_file
from synthgen.models.graph import Graph

MODALITY = Modality()
E = np.array([[0, 1], [1, 2]], np.int32)


@pytest.mark.parametrize(
    ("graph", "reason"),
    [
        (Graph(0, np.zeros((2, 0), np.int32)), "no nodes"),
        (Graph(2, E), "leads to node 2"),
        (Graph(3, E[:, ::-1]), "not in order"),
        (Graph(3, E[:, [0, 0]]), "twice"),
        (Graph(3, E[::-1]), "not in order"),
        (Graph(3, E.astype(np.int64)), "int32"),
        (Graph(3, E, np.zeros(2, np.int32)), "node_kinds"),
        (Graph(3, E, None, None, np.full((3, 1), np.nan, np.float32)), "NaN"),
        (Graph(3, E, None, None, None, np.zeros((3, 1), np.float32)), "edge_features"),
    ],
)
def test_broken_graphs_are_refused_with_the_reason(graph, reason):
    with pytest.raises(ValueError, match=reason):
        MODALITY.check(graph)


def test_a_directed_graph_may_point_back():
    MODALITY.check(Graph(3, np.array([[0, 1, 2], [1, 0, 1]], np.int32), directed=True))


def test_other_safetensors_files_are_no_graphs():
    for arrays in ({}, {"nodes": np.zeros(2, np.int32)}, {"nodes": np.zeros(2), "edges": E, "more": E}):
        with pytest.raises(ValueError, match="no graph"):
            MODALITY.decode(tensor_file.encode(arrays, {}))


def test_taking_all_nodes_in_another_order_and_back_gives_the_same():
    graph = some(1)[0]
    order = np.random.default_rng(0).permutation(graph.nodes)
    back = graph.take(order).take(np.argsort(order))
    assert MODALITY.encode(back, {}) == MODALITY.encode(graph, {})


def test_kinds_are_shown_in_their_colours():
    one_kind = replace(ring(), node_kinds=np.ones(12, np.int32))
    picture = np.asarray(Image.open(io.BytesIO(MODALITY.preview(one_kind, 96)))).astype(int)
    assert ((picture[..., 0] - picture[..., 2]) > 80).mean() > 0.03


def test_a_graph_without_edges_is_blank():
    assert MODALITY.blank(ring()) is None
    assert "no edge" in MODALITY.blank(MODALITY.emptied(ring()))
