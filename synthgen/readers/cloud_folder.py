"""Point clouds and meshes in class folders."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, PositiveInt

from synthgen import class_folders
from synthgen.errors import UnreadableItem
from synthgen.reader import Found, Quarantined, Reader, Split
from synthgen.seeds import numpy_rng, sha256

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.point_cloud import Cloud


class CloudFolder(Reader):
    """Clouds by class: `<class>/**/<file>`, where the class is the folder's name exactly as written.

    PLY (ASCII, binary), PCD, XYZ, PTS and NPY; points of the surface of OFF, OBJ, STL and PLY meshes; told by their
    content. Payload: a cloud (`models/point_cloud.Cloud`), z up, with all that its points carry: `nx ny nz` become the
    vector `normal`, `vx vy vz` `velocity`, bytes of red, green, blue numbers from 0 to 1.
    Quarantined: what holds less than its header promises, too few or too many points, NaN, or no extent.
    """

    modality: ClassVar[str] = "pointcloud"
    listing: ClassVar[frozenset[str]] = frozenset({"max_bytes"})

    points: Annotated[int, Field(ge=4)] | None = None
    """Bring every cloud to that many, chosen at random from larger ones, farthest from each other with `sampling =
    "poisson"`; smaller ones stay. As they are if left out; meshes then give 2,048."""
    sampling: Literal["area", "poisson"] = "area"
    """How points are chosen: at random, from meshes by area; or so that none is near another."""
    normals: bool = False
    """Whether the points of meshes carry the normal of their triangle."""
    fields: tuple[str, ...] | None = None
    """Names of what to keep of all that points carry; all if left out."""
    up: Literal["z", "y"] = "z"
    """Which axis of the files points up."""
    precision: Literal["exact", "float16"] = "exact"
    """float16 halves the bytes; coordinates then have 11 bits."""
    least_points: Annotated[int, Field(ge=4)] = 16
    max_points: PositiveInt = 5_000_000
    max_bytes: PositiveInt = 256 * 1024 * 1024
    seed: int = 0

    def items(self, root: Path | None, split: Split) -> Iterator[Found | Quarantined]:
        return class_folders.items(root, split, "PLY, PCD, XYZ, PTS, NPY, OFF, OBJ or STL files", ".ply")

    def raw(self, root: Path | None, place: str) -> bytes:
        return class_folders.raw(root, place, self.max_bytes)

    def decode(self, raw: bytes) -> Cloud:
        import numpy as np

        from synthgen.models import cloud_reading, mesh
        from synthgen.models.point_cloud import Cloud

        rng = numpy_rng("cloud_folder", self.seed, sha256(raw))
        try:
            found = cloud_reading.read(raw, self.max_points)
            if not isinstance(found, Cloud):
                found = mesh.sampled(found, self.points or 2048, self.sampling, self.normals, rng)
        except ValueError as error:
            raise UnreadableItem(str(error)) from error
        cloud = cloud_reading.without(self._upright(found), self.fields)
        if len(cloud) < self.least_points:
            raise UnreadableItem(
                f"it has {len(cloud):,} points, fewer than least_points = {self.least_points}"
            )
        held = [cloud.points, *cloud.scalars.values(), *cloud.vectors.values()]
        if not all(np.isfinite(values).all() for values in held):
            raise UnreadableItem("it holds NaN or infinite values")
        cloud = self._chosen(cloud, rng)
        cloud = replace(cloud, precision=self.precision).moved(cloud.points)
        if not np.isfinite(cloud.points).all():
            raise UnreadableItem("its coordinates are too large for float16: leave out precision")
        if float(np.ptp(cloud.points, axis=0).max()) <= 0:
            raise UnreadableItem("all its points lie in one place")
        return cloud

    def glance(self, raw: bytes) -> None:
        self.decode(raw)

    def _upright(self, cloud: Cloud) -> Cloud:
        import numpy as np

        return cloud if self.up == "z" else cloud.mapped(np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]))

    def _chosen(self, cloud: Cloud, rng: np.random.Generator) -> Cloud:
        import numpy as np

        from synthgen.models import cloud_kernels

        if self.points is None or len(cloud) <= self.points:
            return cloud
        if self.sampling == "poisson":
            return cloud.take(np.sort(cloud_kernels.farthest(cloud.points, self.points)))
        return cloud.take(np.sort(rng.permutation(len(cloud))[: self.points]))


PLUGIN = CloudFolder
