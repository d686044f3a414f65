"""Leave points out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthgen.contract import Effect
from synthgen.generator import Generator, ordered
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.point_cloud import Cloud

LessThan1 = Annotated[float, Field(ge=0, lt=1)]
LEAST = 4


class Drop(Generator):
    """The cloud without some of its points: any of them, those around one, or those far from the sensor.

    Payload: a cloud with fewer points, at least four. Label: kept. By distance, a point is lost the likelier the
    farther it is from the origin, as a beam gets weaker with the square of its way.
    Source: Qi et al. 2017 (PointNet++), section 3.3 (random input dropout); Chen et al. 2021 (RSMix) for regions.
    """

    modality: ClassVar[str] = "pointcloud"

    drop_range: Annotated[tuple[LessThan1, LessThan1], AfterValidator(ordered)] = (0.1, 0.4)
    """Share of the points that is left out."""
    by: Literal["chance", "region", "distance"] = "chance"

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("drop", *self.drop_range, free=(0, 0.5), unit="of the points"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        share = float(rng.uniform(*job.bounds.get("drop", self.drop_range)))
        return {"drop": share, "place": float(rng.random()), "seed": int(rng.integers(1 << 53))}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"drop": draw["drop"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [Made(self._thinned(work.parents[0].payload, work.draw)) for work in batch]

    def _thinned(self, cloud: Cloud, draw: Draw) -> Cloud:
        import numpy as np

        from synthgen.seeds import numpy_rng

        lost = min(int(draw["drop"] * len(cloud)), len(cloud) - LEAST)
        if self.by == "region":
            middle = cloud.points[int(draw["place"] * len(cloud))]
            order = np.argsort(((cloud.points - middle) ** 2).sum(1), kind="stable")
        else:
            chance = numpy_rng("drop", draw["seed"]).random(len(cloud))
            far = (cloud.points.astype(np.float64) ** 2).sum(1)
            # The smallest of u^(1/w) is a draw by weights w without putting back (Efraimidis and Spirakis 2006).
            order = np.argsort(np.log(chance) / np.maximum(far, 1e-12) if self.by == "distance" else chance)
            order = order[::-1] if self.by == "distance" else order
        return cloud.take(np.sort(order[lost:]))


PLUGIN = Drop
