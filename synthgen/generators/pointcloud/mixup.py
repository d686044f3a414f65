"""Blend two clouds and their labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthgen.contract import Effect
from synthgen.generator import Above0, Generator, ordered
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work, mixed_weights

if TYPE_CHECKING:
    import numpy as np

LessThanHalf = Annotated[float, Field(ge=0, lt=0.5)]


class Mixup(Generator):
    """A cloud part of the way to another one: each point moves towards the point of the other that goes with it.

    Payload: a cloud of the first parent's number of points; scalars and vectors that both have move along, normals
    stay of length 1. Label: mixed by the same shares; the wanted class has the larger one.
    Source: Chen et al. 2020 (PointMixup), section 3: interpolation along an optimal assignment.
    """

    modality: ClassVar[str] = "pointcloud"
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
    from synthgen.models.cloud_mixing import blended, shared

    first, second = work.parents
    if first.label is None or second.label is None:
        return Failed("a parent has no label to mix")
    share = work.draw["partner_share"]
    one, other = shared(first.payload, second.payload)
    return Made(blended(one, other, share), mixed_weights(first, second, share))


PLUGIN = Mixup
