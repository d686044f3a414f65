"""Point clouds as a network takes them: equally many points, about their centre, with neighbours and fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from synthgen.models import cloud_kernels
from synthgen.models.point_cloud import Cloud

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

FARTHEST = 5.0
"""Standard deviations, or sizes, beyond which nothing looks different."""


@dataclass(frozen=True, slots=True)
class Fields:
    """What the training clouds carry: scalars by name with mean and spread, vectors with their usual length, and the
    usual size of a cloud."""

    size: float
    scalars: dict[str, list[float]]
    vectors: dict[str, float]

    @property
    def columns(self) -> int:
        """Numbers that the network sees of a point."""
        return 4 + len(self.scalars) + 3 * len(self.vectors)


def fields_of(clouds: Sequence[Cloud]) -> Fields:
    """The fields that all clouds have."""
    shared = set.intersection(*(set(cloud.scalars) for cloud in clouds))
    arrows = set.intersection(*(set(cloud.vectors) for cloud in clouds))
    scalars = {}
    for name in sorted(shared):
        values = np.concatenate([cloud.scalars[name] for cloud in clouds]).astype(np.float64)
        scalars[name] = [float(values.mean()), max(float(values.std()), 1e-6)]
    vectors = {}
    for name in sorted(arrows):
        lengths = np.concatenate([np.linalg.norm(cloud.vectors[name], axis=1) for cloud in clouds])
        vectors[name] = max(float(np.sqrt((lengths.astype(np.float64) ** 2).mean())), 1e-6)
    size = float(np.median([max(cloud.size, 1e-9) for cloud in clouds]))
    return Fields(size, scalars, vectors)


@dataclass(frozen=True, slots=True)
class Seen:
    """Clouds side by side: points (n, p, 3) of size 1, log size (n,) beside the usual one, scalars (n, p, s), vectors
    (n, p, v, 3), neighbours (n, p, k), the nearest first, itself left out; and the neighbours (n, m, k) of the first m
    points, which are far from each other, among themselves."""

    points: Floats
    log_size: Floats
    scalars: Floats
    vectors: Floats
    near: NDArray[np.int16]
    among: NDArray[np.int16]

    def rows(self, which: NDArray[np.int64]) -> Seen:
        """Some of the clouds."""
        return Seen(*(getattr(self, one.name)[which] for one in fields(self)))

    def mapped(self, matrices: Floats, noise: Floats, rng: np.random.Generator) -> Seen:
        """Each cloud by its own matrix (n, 3, 3), with normal noise of its own sigma (n,), in sizes."""
        wild = noise[:, None, None] * rng.standard_normal(self.points.shape, np.float32)
        turned = matrices.transpose(0, 2, 1)
        scale = np.cbrt(np.abs(np.linalg.det(matrices)))[:, None, None]
        return replace(
            self,
            points=self.points @ (turned / scale) + wild,
            vectors=self.vectors @ (turned / scale)[:, None],
            log_size=self.log_size + np.log(scale[:, 0, 0]),
        )

    def thinned(self, most: float, rng: np.random.Generator) -> Seen:
        """Each cloud without up to a share `most` of its points: others stand in their places."""
        n, p = self.points.shape[:2]
        lost = rng.random((n, p)) < most * rng.random((n, 1))
        stand_in = np.take_along_axis(self.near[:, :, 0].astype(np.int64), np.arange(p)[None].repeat(n, 0), 1)
        rows = np.where(lost, stand_in, np.arange(p)[None])
        each = np.arange(n)[:, None]
        return replace(
            self,
            points=self.points[each, rows],
            scalars=self.scalars[each, rows],
            vectors=self.vectors[each, rows],
        )

    def columns(self) -> Floats:
        """What the network sees of each point, float32 (n, p, columns)."""
        n, p = self.points.shape[:2]
        size = np.broadcast_to(np.clip(self.log_size, -3, 3)[:, None, None], (n, p, 1))
        parts = [self.points, size, self.scalars, self.vectors.reshape(n, p, -1)]
        return np.concatenate(parts, 2).clip(-FARTHEST, FARTHEST).astype(np.float32)


def seen(clouds: Sequence[Cloud], shown: Fields, points: int, centres: int, neighbours: int) -> Seen:
    """Clouds of up to `points` points; those with fewer show some of them again."""
    n, s, v = len(clouds), len(shown.scalars), len(shown.vectors)
    out = Seen(
        np.empty((n, points, 3), np.float32), np.empty(n, np.float32), np.zeros((n, points, s), np.float32),
        np.zeros((n, points, v, 3), np.float32), np.empty((n, points, neighbours), np.int16),
        np.empty((n, centres, neighbours), np.int16),
    )  # fmt: skip
    for i, cloud in enumerate(clouds):
        rows = np.arange(points) % min(points, len(cloud))
        size = max(cloud.size, 1e-9)
        apart = cloud.take(cloud_kernels.farthest(cloud.points, points))
        placed = (apart.points.astype(np.float64) - cloud.centre) / size
        out.points[i] = placed[rows]
        out.log_size[i] = np.log(size / shown.size)
        out.near[i] = _near(placed, neighbours)[rows]
        out.among[i] = _near(out.points[i, :centres].astype(np.float64), neighbours)
        for k, (name, (mean, spread)) in enumerate(shown.scalars.items()):
            if name in apart.scalars:
                out.scalars[i, :, k] = ((apart.scalars[name] - mean) / spread)[rows]
        for k, (name, length) in enumerate(shown.vectors.items()):
            if name in apart.vectors:
                out.vectors[i, :, k] = (apart.vectors[name] / length)[rows]
    return out


def _near(points: NDArray[np.float64], k: int) -> NDArray[np.int16]:
    """The k nearest other points of each; of very few points some stand there again."""
    from scipy.spatial import cKDTree

    asked = min(k + 1, len(points))
    found = cKDTree(points).query(points, asked)[1].reshape(len(points), asked)
    itself = found == np.arange(len(points))[:, None]
    others = np.take_along_axis(found, np.argsort(itself, axis=1, kind="stable"), 1)[:, : max(1, asked - 1)]
    return np.tile(others, (1, -(-k // others.shape[1])))[:, :k].astype(np.int16)
