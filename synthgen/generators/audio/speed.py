"""Play a sound faster and higher, or slower and lower."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.contract import Effect, intersection
from synthgen.generator import Generator, RatioInterval, ratio_in
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np


class Speed(Generator):
    """The sound as a tape plays it that runs faster or slower: tempo and pitch change together.

    Payload: a sound, as much shorter as it is faster. Label: kept, as long as neither tempo nor pitch tells it: the
    contract bounds both. A transcript stays, its alignment is scaled. Source: Ko et al. 2015 (audio augmentation for
    speech recognition), section 2.
    """

    modality: ClassVar[str] = "audio"
    carries: ClassVar[frozenset[str]] = frozenset({"transcript", "alignment"})

    speed_range: RatioInterval = (0.9, 1.11)
    """Factors; 2 takes half the time, an octave higher."""

    def effects(self) -> tuple[Effect, ...]:
        low, high = (_semitones(speed) for speed in self.speed_range)
        return (
            Effect("speed", *self.speed_range, neutral=1, free=(0.75, 4 / 3), unit="times"),
            Effect("pitch", low, high, free=(-2, 2), unit="semitones"),
        )

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        tempo = job.bounds.get("speed", self.speed_range)
        pitch = job.bounds.get("pitch", (-math.inf, math.inf))
        both = intersection(tempo, (2 ** (pitch[0] / 12), 2 ** (pitch[1] / 12)))
        if both[0] > both[1] * (1 + 1e-9):
            return {"refused": "no speed is inside the bounds of both", "speed": tempo[0], "pitch": pitch[0]}
        speed = min(max(ratio_in((min(both), max(both)), rng), tempo[0]), tempo[1])
        return {"speed": speed, "pitch": min(max(_semitones(speed), pitch[0]), pitch[1])}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"speed": draw["speed"], "pitch": draw["pitch"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [self._made(work.parents[0], work.draw) for work in batch]

    def _made(self, parent: Sample, draw: Draw) -> Made | Failed:
        from synthgen.models import alignment
        from synthgen.models.sound import rounded, within
        from synthgen.models.sound_stretching import resampled

        if "refused" in draw:
            return Failed(draw["refused"])
        sound, speed = parent.payload, draw["speed"]
        samples = within(resampled(sound.samples, speed), 1.0)
        return Made(rounded(samples, sound.rate), None, alignment.scaled(parent.annotations, speed))


def _semitones(speed: float) -> float:
    return 12 * math.log2(speed)


PLUGIN = Speed
