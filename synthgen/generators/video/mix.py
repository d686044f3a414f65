"""Go over from one clip to another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthgen import spans
from synthgen.contract import Effect
from synthgen.generator import Generator, ordered
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work, mixed_weights

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.clip import Clip

AtMostHalf = Annotated[float, Field(ge=0, le=0.5)]
TINY = 1e-9


class Mix(Generator):
    """A clip that goes over into another one, where a shot of it ends if there is such a place.

    Payload: a clip, the first parent's size and frames a second, about as long. Label: kept where both are of one
    class; else mixed by what is shown of each: of the labelled spans, or of the clips where they have none. The first
    parent's labelled span stays whole. Source: Yun et al. 2020 (VideoMix), section 3 (mixing along time).
    """

    modality: ClassVar[str] = "video"
    parents: ClassVar[int] = 2
    label: ClassVar[Literal["kept", "mixed", "chosen"]] = "mixed"
    carries: ClassVar[frozenset[str]] = frozenset({"span"})

    partner: Literal["same class", "other class"] = "same class"
    partner_share_range: Annotated[tuple[AtMostHalf, AtMostHalf], AfterValidator(ordered)] = (0.2, 0.45)
    """Of the frames that are shown, those of the second clip."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("mix", *self.partner_share_range, unit="of the partner"),)

    def partners(self) -> Literal["balanced", "as they are", "alike"]:
        return "alike" if self.partner == "same class" else "balanced"

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        from synthgen.models.clip_shots import shots

        first, second = (parent.payload for parent in parents)
        low, high = job.bounds.get("mix", self.partner_share_range)
        u, v = rng.random(2).tolist()
        pace = float(second.rate / first.rate)
        try:
            held = spans.of(parents[0].annotations, first.frames)
        except ValueError as error:
            return {"refused": str(error), "mix": low}
        least = math.ceil(first.frames * (1 - high) - TINY)
        most = math.floor(first.frames * (1 - low) + TINY)
        least = max(1, least, held[1] if held else 0)
        if least > most:
            return {
                "refused": "no place after the labelled span leaves so little to the second clip",
                "mix": low,
            }
        there = [k for k in shots(first) if least <= k <= most] or range(least, most + 1)
        cut = there[int(u * len(there))]
        lasting = first.frames - cut
        begin = round(cut * second.frames / first.frames)
        near = [k for k in shots(second) if k + lasting * pace <= second.frames]
        begin = (
            near[int(v * len(near))]
            if near
            else max(0, min(begin, second.frames - math.ceil(lasting * pace)))
        )
        lasting = max(0, min(lasting, math.ceil((second.frames - begin) / pace)))
        return {"cut": cut, "begin": begin, "lasting": lasting, "mix": lasting / (cut + lasting)}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"mix": draw["mix"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [self._made(work) for work in batch]

    def _made(self, work: Work) -> Made | Failed:
        from synthgen.models.clip_frames import encoded

        first, second = work.parents
        draw = work.draw
        if "refused" in draw:
            return Failed(draw["refused"])
        if first.label is None or second.label is None:
            return Failed("a parent has no label to mix")
        clip, other = first.payload, second.payload
        pace = float(other.rate / clip.rate)
        places = [min(draw["begin"] + int(i * pace), other.frames - 1) for i in range(draw["lasting"])]
        span = spans.of(first.annotations, clip.frames)
        share = draw["mix"]
        if span and (theirs := spans.of(second.annotations, other.frames)):
            # Shown of the one span: all; of the other: so much.
            seen = sum(theirs[0] <= place < theirs[1] for place in set(places)) / (theirs[1] - theirs[0])
            share = seen / (1 + seen)
        payload = encoded(_frames(clip, draw["cut"], other, places), clip.rate)
        return Made(payload, mixed_weights(first, second, share), spans.said(span))


def _frames(clip: Clip, cut: int, other: Clip, places: Sequence[int]) -> Iterator[Any]:
    from synthgen.models.clip_frames import rising

    yield from rising(clip, range(cut))
    for frame in rising(other, places) if places else ():
        yield frame.reformat(width=clip.width, height=clip.height, format="yuv420p")


PLUGIN = Mix
