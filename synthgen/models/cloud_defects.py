"""What thieves and accidents do to point clouds, for testing the filters that should notice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from synthgen.models.point_cloud import Cloud


def about_z(degrees: float) -> np.ndarray:
    """The matrix (3, 3) of a turn about the vertical."""
    sin, cos = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])


def copies(cloud: Cloud, rng: np.random.Generator) -> dict[str, Cloud]:
    """The same cloud in another order, and rounded."""
    return {
        "in another order": cloud.take(rng.permutation(len(cloud))),
        "rounded": replace(cloud, precision="float16").moved(cloud.points),
    }


def disguises(cloud: Cloud, rng: np.random.Generator) -> dict[str, Cloud]:
    """The same cloud turned about the vertical, mirrored, resized, moved, with a little noise, or without a tenth of
    its points."""
    noise = 0.01 * cloud.size * rng.standard_normal(cloud.points.shape)
    keep = rng.random(len(cloud)) < 0.9
    keep[:4] = True
    return {
        "turned": cloud.mapped(about_z(rng.uniform(30, 330))),
        "mirrored": cloud.mapped(np.diag([-1.0, 1.0, 1.0])),
        "resized": cloud.mapped(np.eye(3) * rng.choice([rng.uniform(0.5, 0.85), rng.uniform(1.2, 2)])),
        "moved": cloud.mapped(np.eye(3), cloud.size * rng.uniform(-1, 1, 3)),
        "with noise": cloud.moved(cloud.points + noise),
        "thinned out": cloud.take(keep),
    }


def exploded(cloud: Cloud, rng: np.random.Generator) -> Cloud:
    """Its points are flung apart, each by a way of its own."""
    far = rng.exponential(1.5, len(cloud))[:, None] * (cloud.points - cloud.centre)
    wild = cloud.size * rng.standard_normal(cloud.points.shape)
    return cloud.moved(cloud.points + far + wild)


def collapsed(cloud: Cloud) -> Cloud:
    """All points in one place."""
    return cloud.moved(np.zeros_like(cloud.points) + cloud.centre.astype(np.float32))


def oddities(rng: np.random.Generator) -> list[Cloud]:
    """Four points; a line; a plane; very large and far away; very small; with many fields; thousands of points."""
    few = rng.standard_normal((4, 3)).astype(np.float32)
    some = rng.standard_normal((60, 3)).astype(np.float32)
    normal = some / np.linalg.norm(some, axis=1, keepdims=True)
    fields = {name: rng.random(60).astype(np.float32) for name in ("red", "green", "blue", "ring", "äöü")}
    return [
        Cloud(few),
        Cloud(some * np.array([1, 0, 0], np.float32)),
        Cloud(some * np.array([1, 1, 0], np.float32)),
        Cloud(some * np.float32(3e4) + np.float32(1e6)),
        Cloud(some * np.float32(1e-4)),
        Cloud(some, fields, {"normal": normal, "velocity": some[::-1].copy()}),
        replace(Cloud(some), precision="float16").moved(some),
        Cloud(rng.standard_normal((5000, 3)).astype(np.float32)),
    ]


def specimen(rng: np.random.Generator) -> Cloud:
    """A box with a knob on it, its points with a brightness, a time and a normal."""
    sides = rng.uniform(0.3, 1.2, 3)
    points, normals = _box(sides, int(rng.integers(90, 140)), rng)
    round_, out = _ball(rng.uniform(0.15, 0.4), int(rng.integers(40, 70)), rng)
    place = np.array([*(rng.uniform(-0.5, 0.5, 2) * sides[:2]), sides[2] / 2])
    points = np.concatenate([points, round_ + place]).astype(np.float32)
    normals = np.concatenate([normals, out]).astype(np.float32)
    light = (points[:, 2] + rng.random(len(points))).astype(np.float32)
    return Cloud(
        points, {"intensity": light, "time": rng.random(len(points)).astype(np.float32)}, {"normal": normals}
    )


def _box(sides: np.ndarray, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    axis, end = rng.integers(0, 3, n), rng.choice([-1.0, 1.0], n)
    points = rng.uniform(-0.5, 0.5, (n, 3))
    points[np.arange(n), axis] = end / 2
    normals = np.zeros((n, 3))
    normals[np.arange(n), axis] = end
    return points * sides, normals


def _ball(radius: float, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    out = rng.standard_normal((n, 3))
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    return radius * out, out
