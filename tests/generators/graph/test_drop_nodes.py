import numpy as np
from graphs import one, ring

from synthgen.generators.graph.drop_nodes import DropNodes
from synthgen.modalities.graph import Graph


def test_nodes_are_numbered_anew_and_keep_what_they_carry():
    whole = ring(20)
    left = one(DropNodes(drop_range=(0.25, 0.25)), whole).payload
    Graph().check(left)
    assert left.nodes == 15
    old = left.node_features[:, 0].astype(int)
    np.testing.assert_array_equal(left.node_kinds, whole.node_kinds[old])
    step = np.abs(old[left.edges[0]] - old[left.edges[1]])
    assert set(step) <= {1, 19}
    np.testing.assert_array_equal(left.edge_kinds, whole.node_kinds[np.minimum(*old[left.edges])])


def test_two_nodes_are_always_left():
    assert one(DropNodes(drop_range=(0.99, 0.99)), ring(4)).payload.nodes == 2
