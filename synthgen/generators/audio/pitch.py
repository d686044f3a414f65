"""Let a sound be higher or lower."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.contract import Effect
from synthgen.generator import Generator, Interval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np


class Pitch(Generator):
    """The sound transposed, in the same time.

    Payload: a sound, as long as before. Label: kept, as long as no note or speaker tells it: small shifts are free,
    others the contract must allow. Source: Laroche and Dolson 1999 (phase vocoder), as Signalsmith Stretch does it.
    """

    modality: ClassVar[str] = "audio"
    carries: ClassVar[frozenset[str]] = frozenset({"transcript", "alignment"})

    pitch_range: Interval = (-2.0, 2.0)
    """Semitones."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("pitch", *self.pitch_range, free=(-2, 2), unit="semitones"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        return {"pitch": float(rng.uniform(*job.bounds.get("pitch", self.pitch_range)))}

    def applied(self, draw: Draw) -> dict[str, float]:
        return dict(draw)

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        from synthgen.models.sound import rounded, within
        from synthgen.models.sound_stretching import stretched

        made: list[Made | Failed] = []
        for work in batch:
            parent = work.parents[0]
            sound = parent.payload
            samples = within(stretched(sound.samples, sound.rate, semitones=work.draw["pitch"]), 1.0)
            made.append(Made(rounded(samples, sound.rate), None, parent.annotations))
        return made


PLUGIN = Pitch
