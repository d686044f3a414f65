import numpy as np
import pytest
from graphs import ring

from synthgen.contract import LabelContract
from synthgen.filters.in_range import InRange, measures
from synthgen.modalities.graph import Graph as Modality
from synthgen.models.graph import Graph
from synthgen.sample import Candidate, Sample

KIND = Modality()
FULL = Graph(6, np.array([(i, j) for i in range(6) for j in range(i + 1, 6)], np.int32).T)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranges")
    train = [Sample(str(i), "graph", "ring", lambda i=i: ring(10 + i)) for i in range(12)]
    train.append(Sample("full", "graph", "full", lambda: FULL))
    InRange().fit(KIND, train, None, LabelContract(), folder, 0, lambda *_: None)
    return InRange().load(KIND, folder, "cpu")


def verdict(fitted, graph, label="ring"):
    return InRange().score(KIND, [Candidate(graph, label)], fitted)[0]


def test_measures_are_right_on_known_graphs():
    assert measures(ring(12)) == [12, 1, 2, 0]
    assert measures(FULL) == [6, 2.5, 5, 20 / 6]


def test_what_lies_inside_or_a_little_beyond_passes(fitted):
    for n in (9, 15, 24):
        assert verdict(fitted, ring(n)).passed


@pytest.mark.parametrize(
    ("graph", "reason"), [(ring(5), "nodes: 5.00"), (ring(60), "nodes: 60"), (FULL, "degree|edges|tri")]
)
def test_what_lies_far_outside_is_rejected_with_the_measure(fitted, graph, reason):
    said = verdict(fitted, graph)
    assert not said.passed
    import re

    assert re.search(reason, said.reason)


def test_a_class_of_few_borrows_from_all(fitted):
    assert verdict(fitted, ring(14), "full").passed
