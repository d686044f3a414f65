"""Reject clips with black frames."""

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
"""Of the real clips, these have no more black frames than is usual."""


class Black(Filter):
    """Reject a clip of which a larger share is black than of the real ones.

    Score: the share of its frames in which 98 of 100 pixels are black.
    """

    modalities: ClassVar[frozenset[str] | None] = frozenset({"video"})
    learns: ClassVar[bool] = True

    slack: Annotated[float, Field(ge=0, lt=1)] = 0.04
    """Share of black frames that is let pass on top of what is usual."""

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        import numpy as np

        from synthgen.models import clip_looks

        real = [clip_looks.blackness(grey) for grey in clip_looks.some(train, progress)]
        usual = round(float(np.quantile(real, REAL_SHARE)), 4) if real else 0.0
        (folder / "usual.json").write_text(json.dumps(usual))
        return {"usual share of black frames": usual}

    def load(self, modality: Modality, folder: Path | None, device: str) -> float:
        return float(json.loads(((folder or Path()) / "usual.json").read_text()))

    def score(self, modality: Modality, batch: Sequence[Candidate], model: float) -> list[Verdict]:
        from synthgen.models import clip_looks

        bound, verdicts = min(model + self.slack, 0.999), []
        for candidate in batch:
            share = clip_looks.blackness(clip_looks.greys(candidate.payload))
            why = f"{share:.0%} of its frames are black, of real ones at most {bound:.0%}"
            verdicts.append(Verdict(share <= bound, share, bound, why if share > bound else ""))
        return verdicts


PLUGIN = Black
