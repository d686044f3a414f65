import numpy as np
import pytest
from pydantic import ValidationError

from synthgen.models.drawn_net import drawn
from synthgen.readers.nets import NETS, Nets


def test_classes_are_cut_and_the_pool_holds_the_rest():
    reader = Nets(per_class=5, cut={"tree": 2}, holdout_per_class=1)
    labels = {s: [f.label for f in reader.items(None, s)] for s in ("train", "pool", "holdout")}
    assert labels["train"].count("tree") == 2
    assert labels["pool"] == ["tree"] * 3
    assert labels["holdout"] == list(NETS)


@pytest.mark.parametrize("net", NETS)
def test_every_graph_is_connected_and_its_kinds_tell_leaves_and_hubs(net):
    graph = drawn(net, np.random.default_rng(0))
    assert len(np.unique(graph.components())) == 1
    np.testing.assert_array_equal(graph.node_kinds == 0, graph.degrees() < 2)
    np.testing.assert_array_equal(graph.node_kinds == 2, graph.degrees() >= 6)


def test_a_tree_is_a_tree_and_a_lattice_has_no_triangle():
    for seed in range(5):
        tree = drawn("tree", np.random.default_rng(seed))
        assert tree.size == tree.nodes - 1
        ends = drawn("lattice", np.random.default_rng(seed)).edges
        matrix = np.zeros((60, 60))
        matrix[ends[0], ends[1]] = matrix[ends[1], ends[0]] = 1
        assert np.trace(matrix @ matrix @ matrix) == 0


def test_a_class_that_is_not_drawn_is_refused():
    with pytest.raises(ValidationError, match="the classes are hubs"):
        Nets(cut={"clique": 3})
