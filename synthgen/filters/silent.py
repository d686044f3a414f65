"""Reject sounds in which little is heard."""

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

QUIETEST_SHARE = 0.005
"""Of the real sounds, those that don't count when the usual is learned."""
BELOW_DB = 20.0
"""Below the loudest moment of the quietest real sounds, where silence begins."""


class Silent(Filter):
    """Reject a sound in which less is heard than in the real ones, by a share: that is silent for most of its time.

    Score: the seconds in which it is louder than what counts as silence: 20 dB below the loudest moment of the quietest
    real sound.
    """

    modalities: ClassVar[frozenset[str] | None] = frozenset({"audio"})
    learns: ClassVar[bool] = True

    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Of what is heard in real sounds, at least."""
    silence_db: Annotated[float, Field(ge=-90, le=0)] | None = None
    """Level, against full scale, up to which nothing is heard; learned from the real ones, if not given."""

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        import numpy as np

        from synthgen.models import sound_levels

        levels = []
        for i, sample in enumerate(train):
            levels.append(sound_levels.loudness(sample.payload))
            progress(i + 1, len(train), "levels")
        loudest = [float(level.max()) for level in levels]
        usual = float(np.quantile(loudest, QUIETEST_SHARE)) if loudest else -40.0
        silence = usual - BELOW_DB if self.silence_db is None else self.silence_db
        heard = [_heard(level, silence) for level in levels]
        needed = self.share * float(np.quantile(heard, QUIETEST_SHARE)) if heard else 0.01
        (folder / "silence.json").write_text(json.dumps([silence, max(needed, 0.01)]))
        return {"silence below dB": round(silence, 1), "seconds heard needed": round(max(needed, 0.01), 3)}

    def load(self, modality: Modality, folder: Path | None, device: str) -> tuple[float, float]:
        silence, needed = json.loads(((folder or Path()) / "silence.json").read_text())
        return float(silence), float(needed)

    def score(
        self, modality: Modality, batch: Sequence[Candidate], model: tuple[float, float]
    ) -> list[Verdict]:
        from synthgen.models import sound_levels

        silence, needed = model
        verdicts = []
        for candidate in batch:
            heard = min(_heard(sound_levels.loudness(candidate.payload), silence), candidate.payload.seconds)
            why = f"silent: something is heard for {heard:.2f} s, at least {needed:.2f} s are needed"
            verdicts.append(Verdict(heard >= needed, heard, needed, "" if heard >= needed else why))
        return verdicts


def _heard(levels: Any, silence_db: float) -> float:
    """Seconds in which it is louder than that."""
    return float((levels > silence_db).sum()) * 0.01


PLUGIN = Silent
