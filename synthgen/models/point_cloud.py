"""What a point cloud is: points, with what each of them carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

Precision = Literal["exact", "float16", "16 bit"]
"""How coordinates are kept: float32; float16; or 65,536 steps along the longest side of the cloud's box."""


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
