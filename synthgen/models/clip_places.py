"""A clip with its frames in another order, or some of them, and what becomes of its labelled span."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from synthgen import spans
from synthgen.models.clip import Clip
from synthgen.models.clip_frames import arranged
from synthgen.sample import Failed, Made, Sample


def rearranged(parent: Sample, places: Sequence[int], rate: Fraction | None = None) -> Made | Failed:
    """The parent's frames at these positions, encoded again; Failed where none of them is of its labelled span."""
    clip: Clip = parent.payload
    try:
        span = spans.of(parent.annotations, clip.frames)
    except ValueError as error:
        return Failed(str(error))
    left = spans.rearranged(span, places)
    if span and left is None:
        return Failed(f"of the labelled span's {span[1] - span[0]} frames none would be shown")
    return Made(arranged(clip, places, rate), None, spans.said(left))
