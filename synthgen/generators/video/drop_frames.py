"""Lose frames of a clip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from synthgen.contract import Effect
from synthgen.generator import Generator, ShareInterval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.clip import Clip


class DropFrames(Generator):
    """The clip without some of its frames, as networks and slow disks lose them.

    Payload: a clip. Label: kept. A labelled span moves along, and is never lost whole. Source: Claypool and
    Tanner 1999 (the effects of jitter on the perceptual quality of video); frames are lost evenly, not in bursts.
    """

    modality: ClassVar[str] = "video"
    carries: ClassVar[frozenset[str]] = frozenset({"span"})

    share_range: ShareInterval = (0.05, 0.15)
    """Of the frames that are lost."""
    instead: Literal["hold", "close"] = "hold"
    """What is seen in their place: the frame before, for longer; or nothing, and the clip is shorter."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("drop_frames", *self.share_range, free=(0, 0.2), unit="of the frames"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        share = float(rng.uniform(*job.bounds.get("drop_frames", self.share_range)))
        return {"drop_frames": share, "order_seed": int(rng.integers(2**53))}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"drop_frames": draw["drop_frames"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [self._made(work.parents[0], work.draw) for work in batch]

    def _made(self, parent: Sample, draw: Draw) -> Made | Failed:
        import numpy as np

        from synthgen.models.clip_places import rearranged

        clip: Clip = parent.payload
        order = numpy_rng("drop_frames", draw["order_seed"]).permutation(np.arange(1, clip.frames))
        shown = np.ones(clip.frames, bool)
        shown[order[: int(draw["drop_frames"] * clip.frames)]] = (
            False  # never the first: something must be held
        )
        own = np.flatnonzero(shown)
        places = own if self.instead == "close" else own[np.cumsum(shown) - 1]
        return rearranged(parent, places.tolist())


PLUGIN = DropFrames
