"""What a depth sensor sees of a cloud's surface: rays cast at small discs that stand for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from synthgen.models.point_cloud import NORMAL, Cloud

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

NEIGHBOURS = 12
CORNERS = 6
OVERLAP = 1.3
"""Radius of a disc in distances to the fifth neighbour: one place in 5,000 of a surface of random points is open."""


class Seen(NamedTuple):
    """Hits of rays: where, float64 (h, 3), on the disc of which point, int64 (h,), and how far from the sensor (h,)."""

    points: Floats
    owner: NDArray[np.int64]
    ranges: Floats


def surfels(cloud: Cloud, overlap: float = OVERLAP) -> tuple[Floats, NDArray[np.uint32]]:
    """Corners and triangles of a flat disc at each point, as wide as its neighbours are apart, along the normals or the
    plane that fits the neighbourhood best.

    Source: Pfister et al. 2000 (surfels); planes by principal components, Hoppe et al. 1992, section 3.2.
    """
    from scipy.spatial import cKDTree

    points = cloud.points.astype(np.float64)
    apart, near = cKDTree(points).query(points, min(NEIGHBOURS + 1, len(points)))
    around = points[near] - points[near].mean(1, keepdims=True)
    axes = np.linalg.eigh(np.einsum("nki,nkj->nij", around, around))[1]
    normal = cloud.vectors[NORMAL].astype(np.float64) if NORMAL in cloud.vectors else axes[:, :, 0]
    across = np.cross(normal, np.where(np.abs(normal[:, :1]) < 0.7, [[1.0, 0, 0]], [[0, 1.0, 0]]))
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    along = np.cross(normal, across)
    radius = overlap * apart[:, min(5, apart.shape[1] - 1)]
    angle = 2 * np.pi * np.arange(CORNERS) / CORNERS
    rim = np.cos(angle)[None, :, None] * across[:, None] + np.sin(angle)[None, :, None] * along[:, None]
    corners = points[:, None] + radius[:, None, None] * rim
    fan = np.array([[0, i, i + 1] for i in range(1, CORNERS - 1)], np.uint32)
    triangles = (np.arange(len(points), dtype=np.uint32) * CORNERS)[:, None, None] + fan
    return corners.reshape(-1, 3), triangles.reshape(-1, 3)


def rays(
    centre: Floats, reach: float, azimuth: float, elevation: float, distance: float, side: int
) -> Floats:
    """Rays (side * side, 6) of a sensor that looks at `centre` from a distance, through a window that shows all within
    `reach`. Angles in degrees, the azimuth about the vertical."""
    a, e = np.radians(azimuth), np.radians(elevation)
    away = np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
    right = np.array([-np.sin(a), np.cos(a), 0.0])
    up = np.cross(away, right)
    half = reach / np.sqrt(max(distance**2 - reach**2, 1e-9))
    steps = (np.arange(side) + 0.5) / side * 2 - 1
    x, y = (grid.ravel()[:, None] for grid in np.meshgrid(half * steps, half * steps))
    ways = -away + x * right + y * up
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    start = np.broadcast_to(centre + distance * away, ways.shape)
    return np.concatenate([start, ways], 1)


def cast(cloud: Cloud, sight: Floats) -> Seen:
    """The first disc that each ray hits, for those that hit one."""
    import open3d as o3d

    corners, triangles = surfels(cloud)
    middle = cloud.centre  # float32 is exact near the origin
    tensor: Any = o3d.core.Tensor
    scene = o3d.t.geometry.RaycastingScene(nthreads=1)
    scene.add_triangles(tensor((corners - middle).astype(np.float32)), tensor(triangles))
    local = sight - np.concatenate([middle, np.zeros(3)])
    found = scene.cast_rays(tensor(local.astype(np.float32)), nthreads=1)
    ranges = found["t_hit"].numpy().astype(np.float64)
    hit = np.isfinite(ranges)
    owner = found["primitive_ids"].numpy()[hit].astype(np.int64) // (CORNERS - 2)
    return Seen(sight[hit, :3] + ranges[hit, None] * sight[hit, 3:], owner, ranges[hit])
