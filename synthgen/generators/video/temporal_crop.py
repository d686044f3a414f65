"""Cut a stretch out of a clip, without encoding it again."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt, model_validator

from synthgen import spans
from synthgen.contract import Effect
from synthgen.generator import Generator, Share, ordered
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.clip import Clip

Cut = Annotated[float, Field(ge=0, lt=1)]
TINY = 1e-9


class TemporalCrop(Generator):
    """A stretch of the clip; its coded frames are copied.

    Payload: a clip, as long as drawn. Label: kept, as long as what tells it is inside: of a labelled span at least
    `span_kept`, and less than all of it only where the contract allows `cut_span`; a clip without one loses no more at
    its ends than the contract allows as `crop_time`. Source: Simonyan and Zisserman 2014 (two-stream networks),
    section 5; ISO/IEC 14496-12, section 8.6.6 (edit lists).
    """

    modality: ClassVar[str] = "video"
    carries: ClassVar[frozenset[str]] = frozenset({"span"})

    cut_range: Annotated[tuple[Cut, Cut], AfterValidator(ordered)] = (0.05, 0.25)
    """Share of the clip that is cut off, where neither `frames` nor `seconds` say how much is left."""
    frames: PositiveInt | None = None
    seconds: PositiveFloat | None = None
    cut: Literal["exact", "keyframe"] = "exact"
    """Begin at any frame, or only where the coder put a keyframe, so that nothing needs to be hidden or encoded."""
    edge: Literal["hide", "encode"] = "hide"
    """What becomes of frames that decoding needs but that are not of the stretch: kept and hidden by an edit list,
    which players honour; or left out, and the rest of their group encoded again, for readers that don't."""
    shorter: Literal["keep", "hold", "loop", "fail"] = "keep"
    """What becomes of a clip that has fewer than `frames` or `seconds`: kept as it is, filled up with its last frame or
    with itself, or no sample is made of it."""
    span_kept: Share = 1.0
    """Share of the labelled span that stays, at least."""

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if self.frames and self.seconds:
            raise ValueError("frames and seconds both say how long the stretch is: give one")
        return self

    def effects(self) -> tuple[Effect, ...]:
        low, high = (0.0, 1.0) if self.frames or self.seconds else self.cut_range
        return (
            Effect("crop_time", low, high, free=(0, 0.25), unit="of the clip"),
            Effect("cut_span", 0.0, 1 - self.span_kept, free=(0, 0), unit="of the labelled span"),
        )

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        clip: Clip = parents[0].payload
        wanted = self.frames or (max(1, round(self.seconds * float(clip.rate))) if self.seconds else None)
        if wanted and wanted > clip.frames:
            return {"first": 0, "end": clip.frames, "wanted": wanted, "crop_time": 0.0, "cut_span": 0.0}
        effects = {e.name: (e.low, e.high) for e in self.effects()}
        low, high = job.bounds.get("crop_time", effects["crop_time"])
        shortest = clip.frames - math.floor(min(high, 1) * clip.frames + TINY)
        longest = clip.frames - math.ceil(max(low, 0) * clip.frames - TINY)
        lengths = [wanted] if wanted else list(range(max(1, shortest), longest + 1))
        try:
            span = spans.of(parents[0].annotations, clip.frames)
        except ValueError as error:
            return self._refused(str(error))
        lost = job.bounds.get("cut_span", effects["cut_span"])[1]
        needed = math.ceil((span[1] - span[0]) * (1 - lost) - TINY) if span else 0
        places = self._drawn(clip, lengths, span, needed, rng)
        if places is None:
            return self._refused(self._why(clip, lengths, needed))
        first, end = places
        kept = min(end, span[1]) - max(first, span[0]) if span else 0
        return {
            "first": first,
            "end": end,
            "wanted": wanted,
            "crop_time": 1 - (end - first) / clip.frames,
            "cut_span": 1 - max(0, kept) / (span[1] - span[0]) if span else 0.0,
        }

    def _drawn(
        self, clip: Clip, lengths: list[int], span: tuple[int, int] | None, needed: int, rng: np.random.Generator
    ) -> tuple[int, int] | None:  # fmt: skip
        """First and end frame: a length, then a place that holds enough of the span; another length if none does."""
        start = int(rng.integers(len(lengths))) if lengths else 0
        place = float(rng.random())
        for length in lengths[start:] + lengths[:start][::-1]:
            low, high = 0, clip.frames - length
            if span:
                low, high = max(low, span[0] + needed - length), min(high, span[1] - needed)
            if length < needed or low > high:
                continue
            firsts: Sequence[int] = range(low, high + 1)
            if self.cut == "keyframe":
                firsts = [k for k in clip.keyframes if low <= k <= high]
            if firsts:
                first = firsts[int(place * len(firsts))]
                return first, first + length
        return None

    def _refused(self, why: str) -> Draw:
        return {"refused": why, "crop_time": 0.0, "cut_span": 0.0}

    def _why(self, clip: Clip, lengths: list[int], needed: int) -> str:
        if not lengths:
            return f"no stretch of {clip.frames} frames is as long as the bounds want it"
        of = f"{needed} frames of the labelled span" if needed else "all that must stay"
        at = ", beginning at a keyframe," if self.cut == "keyframe" else ""
        return f"no stretch of {lengths[0]} to {lengths[-1]} frames{at} holds {of}"

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"crop_time": draw["crop_time"], "cut_span": draw["cut_span"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [self._made(work.parents[0], work.draw) for work in batch]

    def _made(self, parent: Sample, draw: Draw) -> Made | Failed:
        from synthgen.models.clip import cut
        from synthgen.models.clip_frames import filled
        from synthgen.models.clip_seams import recut

        if "refused" in draw:
            return Failed(draw["refused"])
        clip: Clip = parent.payload
        first, end, span = draw["first"], draw["end"], spans.of(parent.annotations, clip.frames)
        if draw["wanted"] and draw["wanted"] > clip.frames and self.shorter != "keep":
            if self.shorter == "fail":
                return Failed(f"the clip has {clip.frames} frames, fewer than the {draw['wanted']} wanted")
            return Made(filled(clip, draw["wanted"], loop=self.shorter == "loop"), None, spans.said(span))
        if (first, end) == (0, clip.frames):
            return Made(clip, None, spans.said(span))
        part = (recut if self.edge == "encode" else cut)(clip, first, end)
        left = span and (max(span[0], first) - first, min(span[1], end) - first)
        return Made(part, None, spans.said(left))


PLUGIN = TemporalCrop
