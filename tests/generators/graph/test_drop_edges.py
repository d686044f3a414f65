import numpy as np
from graphs import one, pairs, ring, some, work

from synthgen.generators.graph.drop_edges import DropEdges
from synthgen.sample import Failed

THIRD = DropEdges(drop_range=(0.3, 0.3))


def test_the_drawn_share_is_gone_and_the_rest_carries_what_it_did():
    whole = ring(20)
    left = one(THIRD, whole).payload
    assert left.size == 14
    assert pairs(left) < pairs(whole)
    np.testing.assert_array_equal(left.edge_kinds, whole.node_kinds[left.edges[0]])
    assert left.nodes == 20


def test_at_least_one_edge_goes():
    assert one(DropEdges(drop_range=(0.001, 0.001)), ring(5)).payload.size == 4


def test_a_tree_has_no_edge_to_spare():
    tree = ring().keep_edges(np.arange(11))
    made = DropEdges(keeps_parts=True).make([work(DropEdges(keeps_parts=True), tree)], None)[0]
    assert isinstance(made, Failed)
    assert "taking the graph apart" in made.reason


def test_what_is_connected_stays_so_where_that_is_asked_for():
    for i, graph in enumerate(some()):
        left = one(DropEdges(drop_range=(0.9, 0.9), keeps_parts=True), graph, index=i).payload
        assert len(np.unique(left.components())) == 1
        assert left.size == graph.nodes - 1
