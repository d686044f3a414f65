"""Real digits as samples and candidates, for the tests of single filters."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from synthgen.contract import LabelContract
from synthgen.filter import Filter
from synthgen.modalities.image import Image
from synthgen.reader import Split
from synthgen.readers.digits import Digits
from synthgen.sample import Candidate, Sample, Verdict

IMAGE = Image()


@cache
def real(split: Split, per_class: int, classes: str = "0123456789") -> tuple[Sample, ...]:
    reader = Digits()
    found = list(reader.items(None, split))
    mine = [f for c in classes for f in [f for f in found if f.label == c][:per_class]]
    return tuple(as_sample(reader.decode(reader.raw(None, f.place)), str(f.label), f.place) for f in mine)


def as_sample(picture: np.ndarray, label: str, name: str = "x") -> Sample:
    return Sample(name, "image", label, lambda: picture)


class Fit:
    """A filter that was fitted, with what it said about that."""

    def __init__(self, one: Filter, folder: Path, train: Sequence[Sample], holdout: Any = None) -> None:
        self.filter = one
        self.facts = one.fit(IMAGE, train, holdout, LabelContract(), folder, 0, lambda *_: None)
        self.model = one.load(IMAGE, folder, "cpu")

    def judge(self, picture: np.ndarray, label: str | None = "0", **more: Any) -> Verdict:
        return self.filter.score(IMAGE, [Candidate(picture, label, **more)], self.model)[0]

    def passed(self, samples: Sequence[Sample]) -> float:
        """The share of samples that pass."""
        verdicts = self.filter.score(IMAGE, [Candidate(s.payload, s.label) for s in samples], self.model)
        return float(np.mean([verdict.passed for verdict in verdicts]))
