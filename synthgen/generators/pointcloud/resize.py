"""Make a cloud larger or smaller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.contract import Effect
from synthgen.generator import Generator, RatioInterval, ratio_in
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np


class Resize(Generator):
    """The cloud larger or smaller about its centre, and a little longer along some axes than along others.

    Payload: a cloud; velocities grow with it, normals stay normals, scalars stay. Label: kept.
    Source: Qi et al. 2017 (PointNet++), section 4.1 and appendix B.
    """

    modality: ClassVar[str] = "pointcloud"

    resize_range: RatioInterval = (0.8, 1.25)
    stretch_range: RatioInterval = (0.9, 1.11)
    """Of each axis by itself, on top."""

    def effects(self) -> tuple[Effect, ...]:
        return (
            Effect("resize", *self.resize_range, neutral=1, free=(0.75, 4 / 3), unit="times"),
            Effect("stretch", *self.stretch_range, neutral=1, free=(0.75, 4 / 3), unit="times"),
        )

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        stretch = job.bounds.get("stretch", self.stretch_range)
        return {
            "resize": ratio_in(job.bounds.get("resize", self.resize_range), rng),
            "stretch": [ratio_in(stretch, rng) for _ in range(3)],
        }

    def applied(self, draw: Draw) -> dict[str, float]:
        return {
            "resize": draw["resize"],
            "stretch": max(draw["stretch"], key=lambda ratio: max(ratio, 1 / ratio)),
        }

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        import numpy as np

        from synthgen.models.cloud_moves import placed

        made: list[Made | Failed] = []
        for work in batch:
            cloud = work.parents[0].payload
            matrix = np.diag(work.draw["resize"] * np.array(work.draw["stretch"]))
            made.append(Made(placed(cloud, matrix, about=cloud.centre)))
        return made


PLUGIN = Resize
