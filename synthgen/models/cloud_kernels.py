"""Compiled loops over points: moves with noise by counter, and farthest point sampling. Nothing here draws at random.

Noise is a function of a seed and the position of a number alone, so that neither batch nor order changes it.
Source: Salmon et al. 2011 (parallel random numbers: as easy as 1, 2, 3), with the mixer of Steele et al. 2014
(SplitMix64); each 64 bits are four positions in a table of the normal distribution's quantiles.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

LEVELS = 1 << 16


@cache
def quantiles() -> Floats:
    """The standard normal's quantiles (65536,) at the middles of equal steps; the outermost are 4.3 away."""
    from scipy.special import ndtri

    table: Floats = ndtri((np.arange(LEVELS) + 0.5) / LEVELS).astype(np.float32)
    table /= np.float32(table.astype(np.float64).std())
    return table


@njit(cache=True, nogil=True)  # type: ignore[misc]
def _moved(points, matrix, shift, sigma, most, seed, table, out):  # type: ignore[no-untyped-def]
    golden = np.uint64(0x9E3779B97F4A7C15)
    state, bits, left = np.uint64(seed), np.uint64(0), 0
    for i in range(len(points)):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for axis in range(3):
            value = matrix[axis, 0] * x + matrix[axis, 1] * y + matrix[axis, 2] * z + shift[axis]
            if sigma > 0:
                if left == 0:
                    state += golden
                    bits = state
                    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
                    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
                    bits = bits ^ (bits >> np.uint64(31))
                    left = 4
                noise = sigma * table[bits & np.uint64(0xFFFF)]
                bits >>= np.uint64(16)
                left -= 1
                value += min(max(noise, -most), most)
            out[i, axis] = value


def moved(
    points: Floats, matrix: NDArray[np.floating], shift: NDArray[np.floating], *, sigma: float = 0.0,
    most: float = np.inf, seed: int = 0,
) -> Floats:  # fmt: skip
    """Points p (n, 3) as matrix @ p + shift + noise, float32. The noise is normal with `sigma`, cut off at ± `most`."""
    out = np.empty((len(points), 3), np.float32)
    _moved(
        np.ascontiguousarray(points), np.asarray(matrix, np.float32), np.asarray(shift, np.float32),
        np.float32(sigma), np.float32(most), np.uint64(seed), quantiles(), out,
    )  # fmt: skip
    return out


@njit(cache=True, nogil=True)  # type: ignore[misc]
def _farthest(points, first, out):  # type: ignore[no-untyped-def]
    n = points.shape[1]
    apart = np.full(n, np.float32(np.inf), np.float32)
    now = first
    for k in range(len(out)):
        out[k] = now
        x, y, z = points[0, now], points[1, now], points[2, now]
        for i in range(n):
            a, b, c = points[0, i] - x, points[1, i] - y, points[2, i] - z
            apart[i] = min(apart[i], a * a + b * b + c * c)
        now = np.argmax(apart)


def farthest(points: Floats, count: int, first: int = 0) -> NDArray[np.int64]:
    """Positions (count,) of points, each as far as can be from those before it; from `first` on.

    Source: Eldar et al. 1997 (the farthest point strategy for progressive image sampling).
    """
    out = np.empty(min(count, len(points)), np.int64)
    _farthest(np.ascontiguousarray(points.T, np.float32), first, out)
    return out
