"""Triangle meshes, read by Open3D and held against what their files promise, and points drawn from their surfaces."""

from __future__ import annotations

import re
import struct
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from synthgen.models.point_cloud import NORMAL, Cloud

if TYPE_CHECKING:
    from numpy.typing import NDArray

Sampling = Literal["area", "poisson"]
OVERSAMPLED = 4


class Mesh(NamedTuple):
    """Corners float64 (v, 3) and triangles int64 (t, 3)."""

    corners: NDArray[np.float64]
    triangles: NDArray[np.int64]


def mesh_suffix(data: bytes) -> str | None:
    """What kind of mesh file this is, or None."""
    head = data[:4096]
    if re.match(rb"\s*(ST)?(C)?(N)?OFF\b", head):
        return ".off"
    if re.match(rb"\s*solid\b", head) and b"facet" in head:
        return ".stl"
    if len(data) >= 84 and len(data) == 84 + 50 * struct.unpack("<I", data[80:84])[0] and len(data) > 84:
        return ".stl"
    return ".obj" if re.search(rb"(?m)^v\s+[-+.\d]", data) and re.search(rb"(?m)^f\s+\d", data) else None


def mesh_of(data: bytes, suffix: str, expected: Mapping[str, int] | None = None) -> Mesh:
    """The mesh of a file's bytes. Raises ValueError where it holds less than it promises."""
    import open3d as o3d

    promised = expected or _promised(data, suffix)
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(data)
        file.flush()
        with o3d.utility.VerbosityContextManager(o3d.utility.VerbosityLevel.Error):
            found = o3d.io.read_triangle_mesh(Path(file.name))
    corners = np.asarray(found.vertices, np.float64).reshape(-1, 3)
    triangles = np.asarray(found.triangles, np.int64).reshape(-1, 3)
    for what, count, there in (
        ("vertex", promised.get("vertex", 0), len(corners)), ("face", promised.get("face", 0), len(triangles))
    ):  # fmt: skip
        if there < count:
            raise ValueError(
                f"it is cut short or broken: {count:,} of {what} are promised, {there:,} are there"
            )
    if not len(triangles):
        raise ValueError("the mesh has no triangles")
    if triangles.min() < 0 or triangles.max() >= len(corners):
        raise ValueError("the mesh has triangles with corners that are not there")
    if not np.isfinite(corners).all():
        raise ValueError("the mesh has corners that are NaN or infinite")
    return Mesh(corners, triangles)


def _promised(data: bytes, suffix: str) -> dict[str, int]:
    if suffix == ".off":
        match = re.match(rb"\s*[A-Z]*OFF\s+(?:#.*\n\s*)*(\d+)\s+(\d+)", data)
        if match is None:
            raise ValueError("its OFF header has no counts")
        vertices, faces = int(match[1]), int(match[2])
        if vertices + faces > len(data):
            raise ValueError(
                f"its OFF header promises {vertices:,} vertices and {faces:,} faces: it is too short"
            )
        return {"vertex": vertices, "face": faces}
    if suffix == ".obj":
        return {"face": len(re.findall(rb"(?m)^f\s", data))}
    if data.lstrip().startswith(b"solid") and b"endsolid" not in data[-200:]:
        raise ValueError("it is cut short: its STL solid does not end")
    return {}


def sampled(mesh: Mesh, count: int, how: Sampling, normals: bool, rng: np.random.Generator) -> Cloud:
    """Points on the surface, everywhere equally dense: drawn by area, or thinned out from four times as many until
    none is near another (a Poisson disk pattern). Raises ValueError where the surface has no area.

    Source: Turk 1990 (generating random points in triangles); farthest points, Eldar et al. 1997.
    """
    from synthgen.models import cloud_kernels

    a, b, c = (mesh.corners[mesh.triangles[:, i]] for i in range(3))
    across = np.cross(b - a, c - a)
    area = np.linalg.norm(across, axis=1)
    if not area.sum() > 0:
        raise ValueError("the mesh has no area")
    n = count * (OVERSAMPLED if how == "poisson" else 1)
    chosen = rng.choice(len(area), n, p=area / area.sum())
    u, v = rng.random((2, n))
    u, v = np.where(u + v > 1, 1 - u, u)[:, None], np.where(u + v > 1, 1 - v, v)[:, None]
    points = (a[chosen] * (1 - u - v) + b[chosen] * u + c[chosen] * v).astype(np.float32)
    out = (across[chosen] / np.maximum(area[chosen], 1e-300)[:, None]).astype(np.float32)
    cloud = Cloud(points, {}, {NORMAL: out} if normals else {})
    return cloud.take(np.sort(cloud_kernels.farthest(points, count))) if how == "poisson" else cloud
