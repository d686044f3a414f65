import numpy as np
from graphs import one, pairs, some

from synthgen.contract import LabelContract, Refusal
from synthgen.generators.graph.rewire import Rewire
from synthgen.modalities.graph import Graph

THIRD = Rewire(swap_range=(0.3, 0.3))


def test_every_node_keeps_its_degree_and_some_edges_end_elsewhere():
    moved = 0
    for i, graph in enumerate(some()):
        other = one(THIRD, graph, index=i).payload
        Graph().check(other)
        np.testing.assert_array_equal(other.degrees(), graph.degrees())
        gone = len(pairs(graph) - pairs(other))
        assert gone <= round(0.3 * graph.size)
        moved += gone
    assert moved > 30


def test_edges_carry_their_kinds_along():
    for i, graph in enumerate(some(5)):
        other = one(THIRD, graph, index=i).payload
        np.testing.assert_array_equal(np.sort(other.edge_kinds), np.sort(graph.edge_kinds))


def test_new_ends_are_forbidden_until_the_contract_allows_them():
    assert isinstance(LabelContract().routes(THIRD.effects(), "a", ["a"]), Refusal)
    allowed = LabelContract.model_validate({"every": {"add_structure": 0.3}})
    assert allowed.routes(THIRD.effects(), "a", ["a"])[0].bounds["add_structure"] == (0.3, 0.3)
