"""Put a rectangle of one picture into another, and mix the labels by area."""

from __future__ import annotations

import math
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


class Cutmix(Generator):
    """A picture with a rectangle of another one, from the same place.

    Payload: uint8 (h, w, 3), the first parent's size. Label: mixed by area; the wanted class has the larger share.
    Source: Yun et al. 2019 (CutMix), section 3.1; the rectangle lies inside, and its share is folded into the range.
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
        x, y = rng.random(2).tolist()
        return {"partner_share": low + (high - low) * 2 * min(share, 1 - share), "place": [x, y]}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"mix": draw["partner_share"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [_cut(work) for work in batch]


def _cut(work: Work) -> Made | Failed:
    first, second = work.parents
    if first.label is None or second.label is None:
        return Failed("a parent has no label to mix")
    height, width = first.payload.shape[:2]
    mixed = first.payload.copy()
    side, (x, y) = math.sqrt(work.draw["partner_share"]), work.draw["place"]
    down, across = int(side * height), int(side * width)
    top, left = int(y * (height - down + 1)), int(x * (width - across + 1))
    window = slice(top, top + down), slice(left, left + across)
    mixed[window] = resized(second.payload, height, width)[window]
    return Made(mixed, mixed_weights(first, second, down * across / (height * width)))


PLUGIN = Cutmix
