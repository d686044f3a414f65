"""Judging: blind to how a sample was made, one verdict a sample and filter."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pytest
from digits import digits

from synthgen.errors import BalanceError
from synthgen.filter import Filter
from synthgen.sample import Candidate, Sample, Verdict
from synthgen.stages.filter import filter_

PARENT = Sample("p", "image", "6", lambda: "the parent's payload")
CANDIDATES = [Candidate(np.full((8, 8, 3), i, np.uint8), "6", parents=(PARENT,)) for i in range(3)]
seen: list[Any] = []


class Blind(Filter):
    """Notes what it sees."""

    def score(self, modality: Any, batch: Sequence[Candidate], model: Any) -> list[Verdict]:
        seen.extend(batch)
        return [Verdict(candidate.payload[0, 0, 0] > 0, 1.0, 0.5, "dark") for candidate in batch]


class Knowing(Blind):
    """Compares with the parents."""

    sees_parents: ClassVar[bool] = True


class Careless(Blind):
    """Loses a verdict."""

    def score(self, modality: Any, batch: Sequence[Candidate], model: Any) -> list[Verdict]:
        return super().score(modality, batch, model)[1:]


def judged(tmp_path, **filters):
    recipe = digits(tmp_path)
    recipe.__dict__["filters"] = tuple(filters.items())
    seen.clear()
    return filter_(recipe, CANDIDATES, {})


def test_every_filter_answers_on_every_candidate_also_after_a_rejection(tmp_path):
    verdicts = judged(tmp_path, one=Blind(), two=Blind())
    assert [[v.passed for v in one.values()] for one in verdicts] == [
        [False, False],
        [True, True],
        [True, True],
    ]


def test_only_a_filter_that_declares_it_sees_the_parents_payloads(tmp_path):
    judged(tmp_path, one=Blind())
    assert {candidate.parents for candidate in seen} == {()}
    judged(tmp_path, one=Knowing())
    assert {candidate.parents for candidate in seen} == {("the parent's payload",)}


def test_a_lost_verdict_stops_the_run(tmp_path):
    with pytest.raises(BalanceError, match="careless gave 2 verdicts on 3 samples"):
        judged(tmp_path, careless=Careless())
