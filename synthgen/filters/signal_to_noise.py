"""Reject sounds that are drowned in noise, or cleaner than they may be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, FiniteFloat, model_validator

from synthgen.contract import LabelContract
from synthgen.filter import Filter
from synthgen.generator import Progress
from synthgen.modality import Modality
from synthgen.sample import Candidate, Sample, Verdict

QUIETEST_SHARE = 0.005
"""Of the real sounds, those that don't count when the usual is learned."""


class SignalToNoise(Filter):
    """Reject a sound whose ratio of signal to noise lies outside bounds, as it is measured: against what it is like in
    its quietest tenth, band by band.

    Score: the ratio in dB. Steady tones count as noise, in real sounds and in others, so that the lower bound is
    learned from the real ones. Source: Martin 2001 (noise estimation by minimum statistics), section II.
    """

    modalities: ClassVar[frozenset[str] | None] = frozenset({"audio"})
    learns: ClassVar[bool] = True

    least_db: FiniteFloat | None = None
    """What all but the noisiest real sounds have, less `slack_db`, if not given."""
    most_db: FiniteFloat | None = None
    """No upper bound, if not given."""
    slack_db: Annotated[float, Field(ge=0)] = 0.5

    @model_validator(mode="after")
    def _ordered(self) -> SignalToNoise:
        if self.least_db is not None and self.most_db is not None and self.least_db > self.most_db:
            raise ValueError("least_db lies above most_db")
        return self

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        import numpy as np

        from synthgen.models import sound_levels

        real = []
        for i, sample in enumerate(train):
            real.append(sound_levels.signal_to_noise(sample.payload))
            progress(i + 1, len(train), "noise")
        usual = float(np.quantile(real, QUIETEST_SHARE)) if real else -100.0
        least = usual - self.slack_db if self.least_db is None else self.least_db
        (folder / "least.json").write_text(json.dumps(round(least, 3)))
        return {
            "least dB": round(least, 2),
            "median dB of real ones": round(float(np.median(real)), 2) if real else 0.0,
        }

    def load(self, modality: Modality, folder: Path | None, device: str) -> float:
        return float(json.loads(((folder or Path()) / "least.json").read_text()))

    def score(self, modality: Modality, batch: Sequence[Candidate], model: float) -> list[Verdict]:
        from synthgen.models import sound_levels

        return [self._verdict(sound_levels.signal_to_noise(c.payload), model) for c in batch]

    def _verdict(self, ratio: float, least: float) -> Verdict:
        if ratio < least:
            return Verdict(
                False, ratio, least, f"noisy: {ratio:.1f} dB of signal to noise, at least {least:.1f} needed"
            )
        if self.most_db is not None and ratio > self.most_db:
            why = f"too clean: {ratio:.1f} dB of signal to noise, at most {self.most_db:.1f} are wanted"
            return Verdict(False, ratio, self.most_db, why)
        return Verdict(True, ratio, least)


PLUGIN = SignalToNoise
