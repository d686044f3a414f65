"""Show every other frame of a clip, or fewer."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from synthgen.contract import Effect
from synthgen.generator import Generator, ordered
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.clip import Clip

Step = Annotated[float, Field(ge=1, le=100)]


class Stride(Generator):
    """The clip with one frame of two or three, as a camera of fewer frames a second takes it.

    Payload: a clip as long as before, with fewer frames a second. Label: kept. A labelled span moves along, and is
    never left out whole. Source: Feichtenhofer et al. 2019 (SlowFast), section 3.1 (the stride of the slow pathway).
    """

    modality: ClassVar[str] = "video"
    carries: ClassVar[frozenset[str]] = frozenset({"span"})

    stride_range: Annotated[tuple[Step, Step], AfterValidator(ordered)] = (1.5, 3.0)
    """Of how many frames one is shown, on average."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("stride", *self.stride_range, neutral=1, free=(1, 4), unit="frames"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        stride = float(rng.uniform(*job.bounds.get("stride", self.stride_range)))
        return {"stride": stride, "phase": float(rng.random())}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"stride": draw["stride"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [self._made(work.parents[0], work.draw) for work in batch]

    def _made(self, parent: Sample, draw: Draw) -> Made | Failed:
        from synthgen.models.clip_places import rearranged

        clip: Clip = parent.payload
        step = Fraction(draw["stride"]).limit_denominator(100)
        n = max(1, round(clip.frames / step))
        places = [min(int((i + draw["phase"]) * step), clip.frames - 1) for i in range(n)]
        return rearranged(parent, places, clip.rate / step)


PLUGIN = Stride
