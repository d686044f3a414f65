"""Turn a cloud about its axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from synthgen.contract import Effect
from synthgen.generator import Generator, Interval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

AXES = ("turn_x", "turn_y", "turn_z")


class Turn(Generator):
    """The cloud turned about the vertical, and tipped about the level axes where the contract lets it.

    Payload: a cloud; velocities and normals turn with the points, scalars stay. Label: kept. About `origin` a turn
    leaves true what a sensor there measures along its line of sight, as radar does.
    Source: Qi et al. 2017 (PointNet), section 5.1.
    """

    modality: ClassVar[str] = "pointcloud"

    turn_x_range: Interval = (0.0, 0.0)
    turn_y_range: Interval = (0.0, 0.0)
    turn_z_range: Interval = (-180.0, 180.0)
    """Degrees; z points up. Turned about x first, then y, then z."""
    about: Literal["origin", "centre"] = "origin"

    def effects(self) -> tuple[Effect, ...]:
        return (
            Effect("turn_x", *self.turn_x_range, free=(-15, 15), unit="degrees"),
            Effect("turn_y", *self.turn_y_range, free=(-15, 15), unit="degrees"),
            Effect("turn_z", *self.turn_z_range, unit="degrees"),
        )

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        asked = {e.name: job.bounds.get(e.name, (e.low, e.high)) for e in self.effects()}
        return {name: float(rng.uniform(*asked[name])) for name in AXES}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {name: draw[name] for name in AXES}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        import numpy as np

        from synthgen.models.cloud_moves import placed, turned

        angles = np.array([[work.draw[name] for name in AXES] for work in batch]).reshape(len(batch), 3)
        made: list[Made | Failed] = []
        for work, matrix in zip(batch, turned(*angles.T), strict=True):
            cloud = work.parents[0].payload
            about = cloud.centre if self.about == "centre" else None
            made.append(Made(placed(cloud, matrix, about=about)))
        return made


PLUGIN = Turn
