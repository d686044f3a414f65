"""Make a sound louder or quieter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.contract import Effect
from synthgen.generator import Generator, Interval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np


class Gain(Generator):
    """The sound at another level, never louder than full scale: it is not clipped, but gains less.

    Payload: a sound, as long as before. Label: kept, as long as loudness doesn't tell it.
    Source: Ko et al. 2015 (audio augmentation for speech recognition), section 2.
    """

    modality: ClassVar[str] = "audio"
    carries: ClassVar[frozenset[str]] = frozenset({"transcript", "alignment"})

    gain_db_range: Interval = (-12.0, 6.0)

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("gain", *self.gain_db_range, free=(-20, 20), unit="dB"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        return {"gain_db": float(rng.uniform(*job.bounds.get("gain", self.gain_db_range)))}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"gain": draw["gain_db"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        import numpy as np

        from synthgen.models.sound import rounded, within

        made: list[Made | Failed] = []
        for work in batch:
            parent = work.parents[0]
            samples, factor = parent.payload.samples, 10 ** (work.draw["gain_db"] / 20)
            louder = samples * np.float32(factor) if factor <= 1 else within(samples, factor)
            made.append(Made(rounded(louder, parent.payload.rate), None, parent.annotations))
        return made


PLUGIN = Gain
