"""Blend two pictures and their labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthgen.contract import Effect
from synthgen.generator import Above0, Generator, ordered
from synthgen.models.resizing import resized
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work, mixed_weights

if TYPE_CHECKING:
    import numpy as np

LessThanHalf = Annotated[float, Field(ge=0, lt=0.5)]


class Mixup(Generator):
    """A picture with another one shining through.

    Payload: uint8 (h, w, 3), the first parent's size. Label: mixed by the same shares; the wanted class has the
    larger one. Source: Zhang et al. 2018 (mixup), section 2; the Beta-drawn share is folded into the range.
    """

    modality: ClassVar[str] = "image"
    parents: ClassVar[int] = 2
    label: ClassVar[Literal["kept", "mixed", "chosen"]] = "mixed"

    partner_share_range: Annotated[tuple[LessThanHalf, LessThanHalf], AfterValidator(ordered)] = (0.05, 0.4)
    alpha: Above0 = 1.0
    """Small: most shares lie near the lower bound; 1: all are equally likely."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("mix", *self.partner_share_range, unit="of the partner"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        low, high = job.bounds.get("mix", self.partner_share_range)
        share = float(rng.beta(self.alpha, self.alpha))
        return {"partner_share": low + (high - low) * 2 * min(share, 1 - share)}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"mix": draw["partner_share"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [_mixed(work) for work in batch]


def _mixed(work: Work) -> Made | Failed:
    import cv2

    first, second = work.parents
    if first.label is None or second.label is None:
        return Failed("a parent has no label to mix")
    cv2.setNumThreads(1)
    picture, share = first.payload, work.draw["partner_share"]
    partner = resized(second.payload, *picture.shape[:2])
    blended = cv2.addWeighted(picture, 1 - share, partner, share, 0)
    return Made(blended, mixed_weights(first, second, share))


PLUGIN = Mixup
