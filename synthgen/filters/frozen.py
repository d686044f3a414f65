"""Reject clips that stand still."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field

from synthgen.contract import LabelContract
from synthgen.filter import Filter
from synthgen.generator import Progress
from synthgen.modality import Modality
from synthgen.sample import Candidate, Sample, Verdict

REAL_SHARE = 0.99
"""Of the real clips, these stand still no longer than is usual."""
OF_USUAL = 0.25
"""Frames that differ by less than this share of the usual difference stand still: coding the same frame leaves less."""
MOST_MOTION = 0.0012
"""Mean grey level, of 1, above which nothing counts as still, however lively the real clips are."""


class Frozen(Filter):
    """Reject a clip that stands still for a larger part of its time than the real ones do.

    Score: the share that the longest run of frames takes which differ by next to nothing.
    """

    modalities: ClassVar[frozenset[str] | None] = frozenset({"video"})
    learns: ClassVar[bool] = True

    slack: Annotated[float, Field(ge=0, lt=1)] = 0.12
    """Share of the clip that it may stand still on top of what is usual."""

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        import numpy as np

        from synthgen.models import clip_looks

        real = clip_looks.some(train, progress)
        moves = np.concatenate([clip_looks.changes(grey) for grey in real]) if real else np.empty(0)
        least = min(MOST_MOTION, OF_USUAL * float(np.median(moves))) if len(moves) else 0.0
        shares = [clip_looks.stillness(grey, least) for grey in real]
        usual = round(float(np.quantile(shares, REAL_SHARE)), 4) if shares else 0.0
        (folder / "usual.json").write_text(json.dumps([least, usual]))
        return {"differences that count as still": round(least, 6), "usual share that stands still": usual}

    def load(self, modality: Modality, folder: Path | None, device: str) -> tuple[float, float]:
        least, usual = json.loads(((folder or Path()) / "usual.json").read_text())
        return float(least), float(usual)

    def score(
        self, modality: Modality, batch: Sequence[Candidate], model: tuple[float, float]
    ) -> list[Verdict]:
        from synthgen.models import clip_looks

        least, usual = model
        bound, verdicts = min(usual + self.slack, 0.999), []
        for candidate in batch:
            share = clip_looks.stillness(clip_looks.greys(candidate.payload), least)
            why = f"it stands still for {share:.0%} of its time, real ones for at most {bound:.0%}"
            verdicts.append(Verdict(share <= bound, share, bound, why if share > bound else ""))
        return verdicts


PLUGIN = Frozen
