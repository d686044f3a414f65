import numpy as np
from graphs import ring, some

from synthgen.contract import LabelContract
from synthgen.filters.connected import Connected
from synthgen.modalities.graph import Graph as Modality
from synthgen.models.graph import Graph
from synthgen.sample import Candidate, Sample

KIND = Modality()
APART = Graph(6, np.array([[0, 1, 3, 4], [1, 2, 4, 5]], np.int32))


def judged(train, candidate, tmp_path):
    samples = [Sample(str(i), "graph", label, lambda g=graph: g) for i, (label, graph) in enumerate(train)]
    Connected().fit(KIND, samples, None, LabelContract(), tmp_path, 0, lambda *_: None)
    return Connected().score(KIND, [candidate], Connected().load(KIND, tmp_path, "cpu"))[0]


def test_where_all_real_ones_are_connected_so_must_synthetic_ones_be(tmp_path):
    train = [("a", graph) for graph in some(5)]
    assert judged(train, Candidate(ring(), "a"), tmp_path).passed
    said = judged(train, Candidate(APART, "a"), tmp_path)
    assert not said.passed
    assert said.reason == "it falls into 2 parts, real ones have at most 1"


def test_a_class_with_real_ones_in_parts_may_have_them(tmp_path):
    train = [("a", ring()), ("b", APART)]
    assert judged(train, Candidate(APART, "b"), tmp_path).passed
    assert not judged(train, Candidate(APART, "a"), tmp_path).passed
