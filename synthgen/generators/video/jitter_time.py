"""Let the tempo of a clip waver."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from synthgen.contract import Effect
from synthgen.generator import Generator, ordered
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.clip import Clip

Seconds = Annotated[float, Field(ge=0, le=10)]


class JitterTime(Generator):
    """The clip with a tempo that wavers: each frame comes a little early or late, smoothly, and in its order.

    Payload: a clip of as many frames, of which some are shown twice and others left out. Label: kept. A labelled span
    moves along, and is never left out whole. Source: Um et al. 2017 (augmentation of wearable sensor data), by the name
    of time warping.
    """

    modality: ClassVar[str] = "video"
    carries: ClassVar[frozenset[str]] = frozenset({"span"})

    seconds_range: Annotated[tuple[Seconds, Seconds], AfterValidator(ordered)] = (0.06, 0.2)
    """By which the frame that is moved most comes early or late."""
    swings: Annotated[int, Field(ge=1, le=100)] = 4
    """How often it changes between early and late, about."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("jitter_time", *self.seconds_range, free=(0, 0.25), unit="seconds"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        most = float(rng.uniform(*job.bounds.get("jitter_time", self.seconds_range)))
        return {"jitter_time": most, "knots": rng.uniform(-1, 1, self.swings + 1).tolist()}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"jitter_time": draw["jitter_time"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [self._made(work.parents[0], work.draw) for work in batch]

    def _made(self, parent: Sample, draw: Draw) -> Made | Failed:
        import numpy as np

        from synthgen.models.clip_places import rearranged

        clip: Clip = parent.payload
        knots = np.array(draw["knots"])
        at = np.linspace(0, len(knots) - 1, clip.frames)
        low = np.minimum(at.astype(int), len(knots) - 2)
        ease = (1 - np.cos(np.pi * (at - low))) / 2
        late = knots[low] * (1 - ease) + knots[low + 1] * ease
        late *= draw["jitter_time"] * float(clip.rate) / max(np.abs(late).max(), 1e-9)
        moved = np.rint(np.arange(clip.frames) - late).astype(int)
        places = np.maximum.accumulate(moved).clip(0, clip.frames - 1).tolist()
        return rearranged(parent, places)


PLUGIN = JitterTime
