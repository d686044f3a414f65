"""Move a cloud to another place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.contract import Effect
from synthgen.generator import Generator, Interval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np


class Shift(Generator):
    """The whole cloud moved along its axes.

    Payload: a cloud; what the points carry stays: for velocities that a sensor saw along its line of sight a shift is
    not true any more. Label: kept. Source: Qi et al. 2017 (PointNet++), appendix B.
    """

    modality: ClassVar[str] = "pointcloud"

    shift_range: Interval = (-0.2, 0.2)
    """Along each level axis, as a share of the cloud's size: the root mean square distance of its points from their
    centre."""
    lift_range: Interval = (0.0, 0.0)
    """Along the vertical."""

    def effects(self) -> tuple[Effect, ...]:
        return (
            Effect("shift", *self.shift_range, free=(-0.5, 0.5), unit="of the size"),
            Effect("lift", *self.lift_range, free=(-0.1, 0.1), unit="of the size"),
        )

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        return {
            "shift": rng.uniform(*job.bounds.get("shift", self.shift_range), 2).tolist(),
            "lift": float(rng.uniform(*job.bounds.get("lift", self.lift_range))),
        }

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"shift": max(draw["shift"], key=abs), "lift": draw["lift"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        import numpy as np

        made: list[Made | Failed] = []
        for work in batch:
            cloud = work.parents[0].payload
            way = cloud.size * np.array([*work.draw["shift"], work.draw["lift"]])
            made.append(Made(cloud.moved(cloud.points + way)))
        return made


PLUGIN = Shift
