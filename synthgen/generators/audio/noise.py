"""Add noise to a sound."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from synthgen.contract import Effect
from synthgen.generator import Generator, Interval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np


class Noise(Generator):
    """The sound with steady noise below it.

    Payload: a sound, as long as before; turned down where it would pass full scale. Label: kept, as long as the sound
    is heard through the noise. Source: An 1996 (training with noise); Yin et al. 2015 (noisy training for speech
    recognition), section 3.
    """

    modality: ClassVar[str] = "audio"
    carries: ClassVar[frozenset[str]] = frozenset({"transcript", "alignment"})

    snr_db_range: Interval = (10.0, 35.0)
    """By how much the sound's mean power lies above that of the noise."""
    colour: Literal["white", "pink", "brown"] = "white"
    """How its power falls with frequency: not, by 3 dB, or by 6 dB an octave."""

    def effects(self) -> tuple[Effect, ...]:
        low, high = (10 ** (-snr / 20) for snr in self.snr_db_range[::-1])
        return (Effect("noise", low, high, free=(0, 0.32), unit="of the sound's level"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        (effect,) = self.effects()
        bounds = job.bounds.get("noise", (effect.low, effect.high))
        low, high = (math.log(max(end, 1e-6)) for end in bounds)
        level = min(max(math.exp(rng.uniform(low, high)), bounds[0]), bounds[1])
        return {"level": level, "seed": int(rng.integers(2**32))}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"noise": draw["level"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        from synthgen.models import sound_noise
        from synthgen.models.sound import rounded

        made: list[Made | Failed] = []
        for work in batch:
            parent = work.parents[0]
            samples = parent.payload.samples
            noise = sound_noise.steady(len(samples), samples.shape[1], self.colour, work.draw["seed"])
            mixed = sound_noise.mixed(samples, noise, work.draw["level"])
            made.append(Made(rounded(mixed, parent.payload.rate), None, parent.annotations))
        return made


PLUGIN = Noise
