"""Play a clip backwards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.contract import Effect
from synthgen.generator import Generator, Share
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.clip import Clip


class Reverse(Generator):
    """The clip played backwards.

    Payload: a clip of the same frames. Label: kept where the contract allows `reverse_time`, or as it relabels it:
    played backwards, "open" is "close". A labelled span moves along. Source: Wei et al. 2018 (learning and using the
    arrow of time), section 3.
    """

    modality: ClassVar[str] = "video"
    carries: ClassVar[frozenset[str]] = frozenset({"span"})

    reverse_share: Share = 1.0
    """Of the samples; the others are left as they are, which makes sense among further steps."""

    def effects(self) -> tuple[Effect, ...]:
        always, ever = float(self.reverse_share == 1), float(self.reverse_share > 0)
        return (Effect("reverse_time", always, ever, free=(0, 0), switch=True),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        low, high = job.bounds.get("reverse_time", (0.0, float(self.reverse_share > 0)))
        chosen = rng.random() < self.reverse_share
        return {"reverse_time": float(chosen) if low < high else low}

    def applied(self, draw: Draw) -> dict[str, float]:
        return dict(draw)

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [self._made(work.parents[0], work.draw) for work in batch]

    def _made(self, parent: Sample, draw: Draw) -> Made | Failed:
        from synthgen.models.clip_places import rearranged

        clip: Clip = parent.payload
        if not draw["reverse_time"]:
            return Made(clip, None, parent.annotations)
        return rearranged(parent, range(clip.frames - 1, -1, -1))


PLUGIN = Reverse
