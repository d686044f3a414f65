"""Bend a cloud smoothly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from synthgen.contract import Effect
from synthgen.generator import Above0, Generator, ShareInterval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.point_cloud import Cloud


class Deform(Generator):
    """The cloud bent: around each of a few anchors it is turned, resized and moved a little, with soft passages.

    Payload: a cloud; velocities and normals turn with what is around their points, scalars stay. Label: kept.
    Source: Kim et al. 2021 (PointWOLF), section 3: farthest anchors, local affine maps, kernel regression.
    """

    modality: ClassVar[str] = "pointcloud"

    deform_range: ShareInterval = (0.3, 1.0)
    """How much of the local maps is done; at 1 they turn by up to `turn_degrees`, and so on."""
    anchors: Annotated[int, Field(ge=1, le=16)] = 4
    turn_degrees: Annotated[float, Field(ge=0, le=45)] = 10.0
    resize: Annotated[float, Field(ge=1, le=2)] = 1.25
    shift_share: Annotated[float, Field(ge=0, le=0.5)] = 0.1
    """Of the cloud's size."""
    width: Above0 = 0.7
    """How far an anchor's map reaches, in sizes of the cloud."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("deform", *self.deform_range, free=(0, 1), unit="of the strength"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        n = self.anchors
        return {
            "deform": float(rng.uniform(*job.bounds.get("deform", self.deform_range))),
            "first": float(rng.random()),
            "turn": rng.uniform(-1, 1, (n, 3)).tolist(),
            "resize": rng.uniform(-1, 1, (n, 3)).tolist(),
            "shift": rng.uniform(-1, 1, (n, 3)).tolist(),
        }

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"deform": draw["deform"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [Made(self._bent(work.parents[0].payload, work.draw)) for work in batch]

    def _bent(self, cloud: Cloud, draw: Draw) -> Cloud:
        import numpy as np

        from synthgen.models import cloud_kernels
        from synthgen.models.cloud_moves import locally_mapped, turned

        size, strength = max(cloud.size, 1e-12), draw["deform"]
        rows = cloud_kernels.farthest(cloud.points, self.anchors, int(draw["first"] * len(cloud)))
        anchors = cloud.points[rows].astype(np.float64)
        angles = strength * self.turn_degrees * np.array(draw["turn"])[: len(rows)]
        ratios = self.resize ** (strength * np.array(draw["resize"])[: len(rows)])
        maps = turned(*angles.T) * ratios[:, None, :]
        shifts = strength * self.shift_share * size * np.array(draw["shift"])[: len(rows)]
        apart = ((cloud.points[:, None] - anchors) ** 2).sum(2) / (self.width * size) ** 2
        weights = np.exp(-0.5 * (apart - apart.min(1, keepdims=True)))
        weights /= weights.sum(1, keepdims=True)
        return locally_mapped(cloud, anchors, maps, shifts, weights)


PLUGIN = Deform
