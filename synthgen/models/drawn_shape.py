"""Solids that Open3D builds, drawn in proportion and heading, as points of their surface."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgen.models.mesh import Mesh, sampled

if TYPE_CHECKING:
    from synthgen.models.point_cloud import Cloud

SHAPES = ("box", "cone", "cylinder", "octahedron", "sphere", "torus")


def solid(shape: str, rng: np.random.Generator) -> Mesh:
    """The mesh of a solid with drawn proportions, standing upright, turned about the vertical. Units are metres."""
    import open3d as o3d

    make = o3d.geometry.TriangleMesh
    size = float(rng.uniform(0.4, 0.8))
    slim = float(rng.uniform(0.35, 0.6))
    built = {
        "box": lambda: make.create_box(size, size * 2 * slim, size * rng.uniform(0.6, 1.6)),
        "cone": lambda: make.create_cone(size * slim, size * rng.uniform(1.0, 1.8)),
        "cylinder": lambda: make.create_cylinder(size * slim, size * rng.uniform(1.0, 1.8)),
        "octahedron": lambda: make.create_octahedron(size * 0.7),
        "sphere": lambda: make.create_sphere(size * 0.6),
        "torus": lambda: make.create_torus(size * 0.6, size * 0.6 * slim * rng.uniform(0.4, 0.8)),
    }[shape]()
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    stretched = turn @ np.diag(rng.uniform(0.85, 1.18, 3))
    return Mesh(np.asarray(built.vertices) @ stretched.T, np.asarray(built.triangles, np.int64))


def scanned(shape: str, points: int, rng: np.random.Generator) -> Cloud:
    """Points of a solid's surface, a few millimetres off, with normals."""
    cloud = sampled(solid(shape, rng), points, "area", True, rng)
    return cloud.moved(cloud.points + rng.normal(0, 0.004, cloud.points.shape))
