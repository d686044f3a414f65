"""Filters fitted on clips of drawn gestures, for the tests of single filters."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from synthgen.contract import LabelContract
from synthgen.filter import Filter
from synthgen.modalities.video import Video
from synthgen.models.clip import Clip
from synthgen.reader import Split
from synthgen.readers.gestures import Gestures
from synthgen.sample import Candidate, Sample, Verdict

VIDEO = Video()


@cache
def gestures(split: Split = "train", per_class: int = 3) -> tuple[Sample, ...]:
    reader = Gestures(per_class=per_class, holdout_per_class=per_class)
    return tuple(
        as_sample(reader.decode(reader.raw(None, f.place)), str(f.label), f.annotations["span"], f.place)
        for f in reader.items(None, split)
    )


def as_sample(clip: Clip, label: str, span: Any, name: str) -> Sample:
    return Sample(name, "video", label, lambda: clip, annotations={"span": span})


class Fit:
    """A filter that was fitted, with what it said about that."""

    def __init__(self, one: Filter, folder: Path, contract: LabelContract | None = None) -> None:
        self.filter = one
        self.facts = one.fit(VIDEO, gestures(), None, contract or LabelContract(), folder, 0, lambda *_: None)
        self.model = one.load(VIDEO, folder, "cpu")

    def judge(self, clip: Clip, label: str | None = "open", **more: Any) -> Verdict:
        return self.filter.score(VIDEO, [Candidate(clip, label, **more)], self.model)[0]
