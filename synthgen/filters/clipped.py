"""Reject sounds whose peaks are cut off."""

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

REAL_SHARE = 0.995
"""Of the real sounds, these are no flatter than is usual."""


class Clipped(Filter):
    """Reject a sound of which a larger share lies near its own peak than of the real ones: its peaks are cut off,
    at full scale or below.

    Score: the share of its samples that are within 5 % of its peak.
    """

    modalities: ClassVar[frozenset[str] | None] = frozenset({"audio"})
    learns: ClassVar[bool] = True

    slack: Annotated[float, Field(ge=0, lt=1)] = 0.02
    """Share that is let pass on top of what is usual."""

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        import numpy as np

        from synthgen.models import sound_levels

        real = []
        for i, sample in enumerate(train):
            real.append(sound_levels.flatness(sample.payload))
            progress(i + 1, len(train), "peaks")
        usual = round(float(np.quantile(real, REAL_SHARE)), 5) if real else 0.0
        (folder / "usual.json").write_text(json.dumps(usual))
        return {"usual share near the peak": usual}

    def load(self, modality: Modality, folder: Path | None, device: str) -> float:
        return float(json.loads(((folder or Path()) / "usual.json").read_text()))

    def score(self, modality: Modality, batch: Sequence[Candidate], model: float) -> list[Verdict]:
        from synthgen.models import sound_levels

        bound, verdicts = min(model + self.slack, 1.0), []
        for candidate in batch:
            share = sound_levels.flatness(candidate.payload)
            why = f"clipped: {share:.1%} of it lies at its peak, of real sounds at most {bound:.1%}"
            verdicts.append(Verdict(share <= bound, share, bound, why if share > bound else ""))
        return verdicts


PLUGIN = Clipped
