"""Reject clips that flicker."""

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

REAL_SHARE = 0.95
"""Of the real clips, these are as steady as is usual."""
LEAST = 0.002
"""Unsteadiness, in grey levels of 1, that is never held against a clip."""


class Flicker(Filter):
    """Reject a clip whose frames jump to and fro: redrawn each by itself, under a flickering light, or out of order.

    Score: how far three of four frames are at most from the mean of the two around them, in grey levels of 1.
    Source: Lai et al. 2018 (learning blind video temporal consistency), section 4 (warping error), without a flow.
    """

    modalities: ClassVar[frozenset[str] | None] = frozenset({"video"})
    learns: ClassVar[bool] = True

    slack: Annotated[float, Field(ge=1)] = 4.0
    """How many times as unsteady as the real ones a clip may be."""

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        import numpy as np

        from synthgen.models import clip_looks

        real = [clip_looks.unsteadiness(grey) for grey in clip_looks.some(train, progress)]
        usual = float(np.quantile(real, REAL_SHARE)) if real else 1.0
        (folder / "usual.json").write_text(json.dumps(usual))
        return {"usual unsteadiness": round(usual, 5)}

    def load(self, modality: Modality, folder: Path | None, device: str) -> float:
        return float(json.loads(((folder or Path()) / "usual.json").read_text()))

    def score(self, modality: Modality, batch: Sequence[Candidate], model: float) -> list[Verdict]:
        from synthgen.models import clip_looks

        bound, verdicts = round(max(LEAST, self.slack * model), 6), []
        for candidate in batch:
            apart = clip_looks.unsteadiness(clip_looks.greys(candidate.payload))
            why = f"it flickers: frames are {apart:.4f} from what is around them, of real ones at most {bound:.4f}"
            verdicts.append(Verdict(apart <= bound, apart, bound, why if apart > bound else ""))
        return verdicts


PLUGIN = Flicker
