"""What a point cloud is: points, with what each of them carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

Precision = Literal["exact", "float16"]
"""How coordinates and vectors are kept: as float32, or in half the bytes, with 11 bits."""

NORMAL = "normal"
COLOURS = ("red", "green", "blue")


@dataclass(frozen=True, slots=True, eq=False)
class Cloud:
    """Points, float32 (n, 3), metres or the source's unit, z up; not to be written to.

    `scalars` are float32 (n,) by name and stay with their point whatever moves it: intensity, time, a radial velocity
    seen from the sensor, `red`, `green`, `blue` from 0 to 1. `vectors` are float32 (n, 3) by name and turn with the
    points: `velocity`; `normal`, which has length 1 and stays at right angles to the surface when that is stretched.
    """

    points: np.ndarray
    scalars: Mapping[str, np.ndarray] = field(default_factory=dict)
    vectors: Mapping[str, np.ndarray] = field(default_factory=dict)
    precision: Precision = "exact"

    def __len__(self) -> int:
        return len(self.points)

    def take(self, rows: np.ndarray) -> Cloud:
        """The cloud of some of its points, with all that they carry: positions (m,) or a mask (n,)."""
        return replace(
            self,
            points=self.points[rows],
            scalars={name: values[rows] for name, values in self.scalars.items()},
            vectors={name: values[rows] for name, values in self.vectors.items()},
        )

    def moved(self, points: np.ndarray, vectors: Mapping[str, np.ndarray] | None = None) -> Cloud:
        """The cloud with its points elsewhere, and its vectors too where they are given, as exact as it is kept."""
        kept = self.vectors if vectors is None else vectors
        return replace(
            self,
            points=rounded(points, self.precision),
            vectors={name: rounded(values, self.precision) for name, values in kept.items()},
        )

    def mapped(self, matrix: np.ndarray, shift: np.ndarray | None = None) -> Cloud:
        """All points p as matrix @ p + shift, (3, 3) and (3,); vectors are mapped by the matrix alone, normals so that
        they stay normals."""
        linear = np.asarray(matrix, np.float32)
        points = self.points @ linear.T
        if shift is not None:
            points = points + np.asarray(shift, np.float32)
        vectors = {}
        for name, values in self.vectors.items():
            if name == NORMAL:
                across = values @ np.linalg.inv(np.asarray(matrix, np.float64)).astype(np.float32)
                vectors[name] = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
            else:
                vectors[name] = values @ linear.T
        return self.moved(points, vectors)

    @property
    def centre(self) -> np.ndarray:
        """The mean of the points, float64 (3,)."""
        return self._moments()[:3]

    @property
    def size(self) -> float:
        """The root of the mean squared distance of the points from their centre."""
        return float(self._moments()[3])

    def _moments(self) -> np.ndarray:
        from synthgen.models import cloud_kernels

        return cloud_kernels.moments(np.ascontiguousarray(self.points))


def rounded(values: np.ndarray, precision: Precision) -> np.ndarray:
    """Float32 values that storing leaves as they are."""
    if precision == "exact":
        return np.asarray(values, np.float32)
    with np.errstate(over="ignore"):
        return np.asarray(values, np.float16).astype(np.float32)
