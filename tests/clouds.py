"""Small point clouds, and how a generator is asked for one sample."""

import numpy as np

from synthgen.models.point_cloud import Cloud
from synthgen.sample import Failed, Job, Made, Sample, Work
from synthgen.seeds import numpy_rng


def corner(n: int = 200, seed: int = 0) -> Cloud:
    """Points of three walls, with a brightness, a normal and a velocity that points away from the origin."""
    rng = np.random.default_rng(seed)
    points = rng.uniform(0.5, 2, (n, 3))
    wall = rng.integers(0, 3, n)
    points[np.arange(n), wall] = 0.5
    normal = np.eye(3)[wall]
    away = points / np.linalg.norm(points, axis=1, keepdims=True)
    fields = {"intensity": rng.random(n).astype(np.float32)}
    return Cloud(
        points.astype(np.float32),
        fields,
        {"normal": normal.astype(np.float32), "velocity": away.astype(np.float32)},
    )


def work(generator, *clouds: Cloud, index: int = 0, bounds=None, labels=("a", "b")) -> Work:
    """What a generator is given to make one sample from clouds of classes a, b, ..."""
    parents = tuple(
        Sample(f"{k}", "pointcloud", labels[k], lambda cloud=cloud: cloud) for k, cloud in enumerate(clouds)
    )
    usual = {e.name: (e.low, e.high) for e in generator.effects()}
    job = Job(0, "a", index, tuple(p.id for p in parents), usual | (bounds or {}), 3)
    return Work(job, parents, generator.draw(job, parents, numpy_rng("clouds", index)))


def one(generator, *clouds: Cloud, **asked) -> Made:
    """One sample. What failed fails the test."""
    (made,) = generator.make([work(generator, *clouds, **asked)], generator.load(None, "cpu"))
    assert not isinstance(made, Failed), made
    return made
