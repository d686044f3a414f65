import numpy as np
from graphs import one, pairs, ring

from synthgen.contract import LabelContract, Refusal
from synthgen.generators.graph.add_edges import AddEdges
from synthgen.modalities.graph import Graph as Modality
from synthgen.models.graph import Graph


def test_new_edges_come_to_those_that_were_there():
    whole = ring(20)
    more = one(AddEdges(add_range=(0.2, 0.2)), whole).payload
    Modality().check(more)
    assert more.size == 24
    assert pairs(whole) < pairs(more)
    kind_of = {tuple(pair): kind for pair, kind in zip(more.edges.T.tolist(), more.edge_kinds, strict=True)}
    assert all(kind_of[pair] == whole.node_kinds[pair[0]] for pair in pairs(whole))


def test_a_full_graph_stays_as_it_is():
    full = Graph(3, np.array([[0, 0, 1], [1, 2, 2]], np.int32))
    assert one(AddEdges(add_range=(0.9, 0.9)), full).payload.size == 3


def test_random_edges_are_forbidden_until_the_contract_allows_them():
    assert isinstance(LabelContract().routes(AddEdges().effects(), "a", ["a"]), Refusal)
