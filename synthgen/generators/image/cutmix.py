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
    With `inside = "wanted"` and `partners_drawn = "as they are"`: Park et al. 2022 (CMO), section 3, which pastes
    pictures of rare classes on those of common ones.
    """

    modality: ClassVar[str] = "image"
    parents: ClassVar[int] = 2
    label: ClassVar[Literal["kept", "mixed", "chosen"]] = "mixed"

    partner_share_range: Annotated[tuple[LessThanHalf, LessThanHalf], AfterValidator(ordered)] = (0.05, 0.4)
    alpha: Above0 = 1.0
    """Small: most shares lie near the lower bound; 1: all are equally likely."""
    inside: Literal["partner", "wanted"] = "partner"
    """Whose rectangle stands in the other picture; its surroundings are then the partner's."""
    partners_drawn: Literal["balanced", "as they are"] = "balanced"
    """Partners from each class as often, or as often as the source holds them."""

    def partners(self) -> Literal["balanced", "as they are"]:
        return self.partners_drawn

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
        return [_cut(work, self.inside) for work in batch]


def _cut(work: Work, inside: str) -> Made | Failed:
    first, second = work.parents
    if first.label is None or second.label is None:
        return Failed("a parent has no label to mix")
    height, width = first.payload.shape[:2]
    wanted, partner = first.payload, resized(second.payload, height, width)
    share, (x, y) = work.draw["partner_share"], work.draw["place"]
    around, within = (wanted, partner) if inside == "partner" else (partner, wanted)
    # Rounded so that the partner has never more than its share.
    side, whole = (share, math.floor) if inside == "partner" else (1 - share, math.ceil)
    down, across = whole(math.sqrt(side) * height), whole(math.sqrt(side) * width)
    top, left = int(y * (height - down + 1)), int(x * (width - across + 1))
    window = slice(top, top + down), slice(left, left + across)
    mixed = around.copy()
    mixed[window] = within[window]
    area = down * across / (height * width)
    return Made(mixed, mixed_weights(first, second, area if inside == "partner" else 1 - area))


PLUGIN = Cutmix
