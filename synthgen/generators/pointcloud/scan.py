"""See a cloud again as a depth sensor would, from somewhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from synthgen.contract import Effect
from synthgen.generator import Generator, Interval, RatioInterval, Share, ShareInterval, ordered
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.point_cloud import Cloud

LessThan1 = Annotated[float, Field(ge=0, lt=1)]
LEAST = 16


class Scan(Generator):
    """What a depth sensor sees of the cloud's surface from a drawn pose: the side that faces it, unless something is in
    front; with noise along the rays, and some rays that never return.

    Payload: a cloud of the rays that hit, in the place of the first; each hit carries what the nearest point carried.
    Label: kept. Source: rays cast at discs that stand for the surface (Pfister et al. 2000, surfels); noise that grows
    with the square of the range: Khoshelham and Elberink 2012 (accuracy of Kinect depth data), section 3.
    """

    modality: ClassVar[str] = "pointcloud"

    azimuth_range: Interval = (0.0, 360.0)
    elevation_range: Annotated[
        tuple[Annotated[float, Field(gt=-90, lt=90)], Annotated[float, Field(gt=-90, lt=90)]],
        AfterValidator(ordered),
    ] = (-5.0, 45.0)
    """Degrees above the level of the cloud's centre."""
    distance_range: RatioInterval = (3.0, 6.0)
    """In sizes of the cloud: root mean square distances of its points from their centre."""
    jitter_range: ShareInterval = (0.0, 0.01)
    """Standard deviation of the range at the nearest distance, as a share of the cloud's size."""
    drop_range: Annotated[tuple[LessThan1, LessThan1], AfterValidator(ordered)] = (0.0, 0.15)
    """Share of rays that never return."""
    side: Annotated[int, Field(ge=16, le=1024)] | None = None
    """Rays along each side of the sensor's window; as many as give about as many points as there were, if left out."""
    occlude_share: Share = 1.0
    """Of the samples; the others are seen from all sides, noise and losses alone."""

    def effects(self) -> tuple[Effect, ...]:
        always, ever = float(self.occlude_share == 1), float(self.occlude_share > 0)
        return (
            Effect("occlude", always, ever, switch=True),
            Effect("jitter", *self.jitter_range, free=(0, 0.05), unit="of the size"),
            Effect("drop", *self.drop_range, free=(0, 0.5), unit="of the points"),
        )

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        low, high = job.bounds.get("occlude", (0.0, float(self.occlude_share > 0)))
        chosen = rng.random() < self.occlude_share
        return {
            "occlude": float(chosen) if low < high else low,
            "azimuth": float(rng.uniform(*self.azimuth_range)),
            "elevation": float(rng.uniform(*self.elevation_range)),
            "distance": float(rng.uniform(*self.distance_range)),
            "jitter": float(rng.uniform(*job.bounds.get("jitter", self.jitter_range))),
            "drop": float(rng.uniform(*job.bounds.get("drop", self.drop_range))),
            "seed": int(rng.integers(1 << 53)),
        }

    def applied(self, draw: Draw) -> dict[str, float]:
        return {name: draw[name] for name in ("occlude", "jitter", "drop")}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [self._seen(work.parents[0].payload, work.draw) for work in batch]

    def _seen(self, cloud: Cloud, draw: Draw) -> Made | Failed:
        import numpy as np

        from synthgen.models import cloud_scan
        from synthgen.seeds import numpy_rng

        rng, size, centre = numpy_rng("scan", draw["seed"]), max(cloud.size, 1e-9), cloud.centre
        reach = 1.02 * float(np.linalg.norm(cloud.points - centre, axis=1).max())
        distance = max(draw["distance"] * size, 1.5 * reach)
        if not draw["occlude"]:
            kept = np.sort(rng.permutation(len(cloud))[: max(LEAST, round((1 - draw["drop"]) * len(cloud)))])
            seen = cloud.take(kept)
            wild = draw["jitter"] * size * rng.standard_normal(seen.points.shape)
            return Made(seen.moved(seen.points + wild))
        side = self.side or int(np.clip(1.5 * np.sqrt(len(cloud)), 16, 512))
        sight = cloud_scan.rays(centre, reach, draw["azimuth"], draw["elevation"], distance, side)
        hits = cloud_scan.cast(cloud, sight)
        back = rng.random(len(hits.owner)) >= draw["drop"]
        if back.sum() < LEAST:
            return Failed(f"the sensor saw {int(back.sum())} points, at least {LEAST} are needed")
        points, ranges = hits.points[back], hits.ranges[back]
        ways = (points - (sight[0, :3])) / ranges[:, None]
        noise = draw["jitter"] * size * (ranges / ranges.min()) ** 2 * rng.standard_normal(len(ranges))
        carried = cloud.take(hits.owner[back])
        return Made(carried.moved(points + noise[:, None] * ways))


PLUGIN = Scan
