"""Put a second thing beside a cloud: a scene, and a box around each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from synthgen.contract import Effect
from synthgen.generator import Generator, Interval, ShareInterval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.point_cloud import Cloud


class Compose(Generator):
    """The cloud, and another one on the same ground beside it, facing anywhere, so that neither reaches into the other.

    Payload: a cloud of the points of both, with the fields that both have; the first is where it was. Label: kept,
    where the contract allows `clutter`: other things in view. Annotation `boxes`: for each thing its class, the centre
    and the three sides of the box around it along the axes.
    Source: Qi et al. 2019 (VoteNet) for scenes of boxes; Fang et al. 2021 (LiDAR-Aug): placing without collision.
    """

    modality: ClassVar[str] = "pointcloud"
    parents: ClassVar[int] = 2
    carries: ClassVar[frozenset[str]] = frozenset({"boxes"})

    bearing_range: Interval = (-180.0, 180.0)
    """Degrees about the vertical in which the other thing stands."""
    gap_range: ShareInterval = (0.1, 0.8)
    """Room between the two, as a share of the larger one's reach."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("clutter", 1, 1, free=(0, 0), switch=True),)

    def partners(self) -> Literal["balanced", "as they are", "alike"]:
        return "as they are"

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        return {
            "clutter": float(job.bounds.get("clutter", (1, 1))[1] > 0),
            "bearing": float(rng.uniform(*self.bearing_range)),
            "gap": float(rng.uniform(*self.gap_range)),
            "turn_z": float(rng.uniform(-180, 180)),
        }

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"clutter": draw["clutter"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [_scene(work) for work in batch]


def _scene(work: Work) -> Made | Failed:
    import numpy as np

    from synthgen.models.cloud_mixing import shared, together
    from synthgen.models.cloud_moves import placed, turned

    first, second = work.parents
    if not work.draw["clutter"]:
        return Made(first.payload, None, {"boxes": [_box(first.payload, first.label)]})
    one, other = shared(first.payload, second.payload)
    angle = np.array([work.draw["turn_z"]])
    other = placed(other, turned(0 * angle, 0 * angle, angle)[0], about=other.centre)
    reaches = [float(np.linalg.norm((c.points - c.centre)[:, :2], axis=1).max()) for c in (one, other)]
    away = sum(reaches) + work.draw["gap"] * max(reaches)
    bearing = np.radians(work.draw["bearing"])
    goal = one.centre + away * np.array([np.cos(bearing), np.sin(bearing), 0.0])
    goal[2] = other.centre[2] + float(one.points[:, 2].min()) - float(other.points[:, 2].min())
    other = other.moved(other.points + (goal - other.centre))
    boxes = [_box(one, first.label), _box(other, second.label)]
    return Made(together(one, other), None, {"boxes": boxes})


def _box(cloud: Cloud, label: str | None) -> dict[str, Any]:
    low, high = cloud.points.min(0).astype(float), cloud.points.max(0).astype(float)
    return {"label": label, "centre": ((low + high) / 2).tolist(), "size": (high - low).tolist()}


PLUGIN = Compose
