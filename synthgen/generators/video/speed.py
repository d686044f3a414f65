"""Play a clip faster or slower."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from synthgen.contract import Effect
from synthgen.generator import Generator, RatioInterval, ratio_in
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.clip import Clip


class Speed(Generator):
    """The clip played faster or slower.

    Payload: a clip, as much shorter as it is faster. Label: kept, as long as tempo doesn't tell it. A labelled span
    moves along. Source: Jenni et al. 2020 (recognizing temporal transformations), section 3.
    """

    modality: ClassVar[str] = "video"
    carries: ClassVar[frozenset[str]] = frozenset({"span"})

    speed_range: RatioInterval = (0.8, 1.25)
    """Factors; 2 takes half the time."""
    keep: Literal["rate", "frames"] = "rate"
    """What stays: the frames a second, so that some frames are left out or shown twice and all are encoded again; or
    every frame as it is coded, shown at other times."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("speed", *self.speed_range, neutral=1, free=(0.75, 4 / 3), unit="times"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        return {"speed": ratio_in(job.bounds.get("speed", self.speed_range), rng)}

    def applied(self, draw: Draw) -> dict[str, float]:
        return dict(draw)

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [self._made(work.parents[0], work.draw["speed"]) for work in batch]

    def _made(self, parent: Sample, speed: float) -> Made | Failed:
        from synthgen.models.clip import retimed
        from synthgen.models.clip_places import rearranged

        clip: Clip = parent.payload
        if self.keep == "frames":
            return Made(retimed(clip, speed), None, parent.annotations)
        n = max(1, round(clip.frames / speed))
        places = [min(int((i + 0.5) * clip.frames / n), clip.frames - 1) for i in range(n)]
        return rearranged(parent, places)


PLUGIN = Speed
