"""Put a piece of another cloud into a cloud, and mix their labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthgen.contract import Effect
from synthgen.generator import Generator, ordered
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work, mixed_weights

if TYPE_CHECKING:
    import numpy as np

LessThanHalf = Annotated[float, Field(ge=0, lt=0.5)]


class Cutmix(Generator):
    """A cloud in which the points around one of its own gave way to a piece of another cloud, moved there as it is.

    Payload: a cloud of the first parent's number of points; fields that both have come along. Label: mixed by the
    shares of points; the wanted class has the larger one. Source: Lee et al. 2021 (RSMix), section 3; the piece is
    kept rigid, so that its shape stays true.
    """

    modality: ClassVar[str] = "pointcloud"
    parents: ClassVar[int] = 2
    label: ClassVar[Literal["kept", "mixed", "chosen"]] = "mixed"

    partner_share_range: Annotated[tuple[LessThanHalf, LessThanHalf], AfterValidator(ordered)] = (0.1, 0.4)

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("mix", *self.partner_share_range, unit="of the partner"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        share = float(rng.uniform(*job.bounds.get("mix", self.partner_share_range)))
        return {"partner_share": share, "places": rng.random(2).tolist()}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"mix": draw["partner_share"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [_mixed(work) for work in batch]


def _mixed(work: Work) -> Made | Failed:
    from synthgen.models.cloud_mixing import exchanged, shared

    first, second = work.parents
    if first.label is None or second.label is None:
        return Failed("a parent has no label to mix")
    one, other = shared(first.payload, second.payload)
    count = min(int(work.draw["partner_share"] * len(one)), len(other))
    mixed = exchanged(one, other, count, *work.draw["places"])
    return Made(mixed, mixed_weights(first, second, count / len(one)))


PLUGIN = Cutmix
