"""Let a sound take more or less time at the same pitch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.contract import Effect
from synthgen.generator import Generator, RatioInterval, ratio_in
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np


class Stretch(Generator):
    """The sound at another tempo, its pitch as it was.

    Payload: a sound, as much shorter as it is faster. Label: kept, as long as tempo doesn't tell it; an alignment is
    scaled. Source: Laroche and Dolson 1999 (phase vocoder), as Signalsmith Stretch does it.
    """

    modality: ClassVar[str] = "audio"
    carries: ClassVar[frozenset[str]] = frozenset({"transcript", "alignment"})

    speed_range: RatioInterval = (0.8, 1.25)
    """Factors; 2 takes half the time."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("speed", *self.speed_range, neutral=1, free=(0.75, 4 / 3), unit="times"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        return {"speed": ratio_in(job.bounds.get("speed", self.speed_range), rng)}

    def applied(self, draw: Draw) -> dict[str, float]:
        return dict(draw)

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        from synthgen.models import alignment
        from synthgen.models.sound import rounded, within
        from synthgen.models.sound_stretching import stretched

        made: list[Made | Failed] = []
        for work in batch:
            (parent,), speed = work.parents, work.draw["speed"]
            sound = parent.payload
            samples = within(stretched(sound.samples, sound.rate, speed), 1.0)
            made.append(Made(rounded(samples, sound.rate), None, alignment.scaled(parent.annotations, speed)))
        return made


PLUGIN = Stretch
