"""Reject clips that are too short to show anything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, PositiveFloat, PositiveInt

from synthgen.contract import LabelContract
from synthgen.filter import Filter
from synthgen.generator import Progress
from synthgen.modality import Modality
from synthgen.sample import Candidate, Sample, Verdict

LEAST_FRAMES = 4


class Short(Filter):
    """Reject a clip of fewer seconds or frames than the recipe asks for, or than the shortest real one has, by a share.

    Score: its length in seconds.
    """

    modalities: ClassVar[frozenset[str] | None] = frozenset({"video"})
    learns: ClassVar[bool] = True

    seconds: PositiveFloat | None = None
    """Length needed; `share` of the shortest real one's, if not given."""
    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    frames: PositiveInt = LEAST_FRAMES
    """Frames needed, where real clips have as many."""

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        lengths = [(sample.payload.seconds, sample.payload.frames) for sample in train]
        seconds = self.seconds or self.share * min((length for length, _ in lengths), default=0.0)
        frames = min([self.frames, *(n for _, n in lengths)])
        (folder / "least.json").write_text(json.dumps([seconds, frames]))
        return {"seconds needed": round(seconds, 3), "frames needed": frames}

    def load(self, modality: Modality, folder: Path | None, device: str) -> tuple[float, int]:
        seconds, frames = json.loads(((folder or Path()) / "least.json").read_text())
        return float(seconds), int(frames)

    def score(
        self, modality: Modality, batch: Sequence[Candidate], model: tuple[float, int]
    ) -> list[Verdict]:
        return [self._verdict(candidate, *model) for candidate in batch]

    def _verdict(self, candidate: Candidate, seconds: float, frames: int) -> Verdict:
        clip = candidate.payload
        why = ""
        if clip.seconds < seconds - 1e-6:
            why = f"too short: {clip.seconds:.2f} s, at least {seconds:.2f} s are needed"
        elif clip.frames < frames:
            why = f"too short: {clip.frames} frames, at least {frames} are needed"
        return Verdict(not why, clip.seconds, seconds, why)


PLUGIN = Short
