"""Compiled loops over points: moves with noise by counter, and farthest point sampling. Nothing here draws at random.

Noise is a function of a seed and the position of a point alone, so that neither batch nor order changes it.
Source: Salmon et al. 2011 (parallel random numbers: as easy as 1, 2, 3), with the mixer of Steele et al. 2014
(SplitMix64); a third of the 64 bits is a place in a table of the normal distribution's quantiles, between two entries.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

STEPS = 4096
"""Equal steps of probability; small enough for the first cache."""
BLOCK = 256
"""Points between which the farthest is looked for at once."""


@cache
def quantiles() -> Floats:
    """The standard normal's quantiles (4097,) at the ends of the steps; the outermost are 3.7 away."""
    from scipy.special import ndtri

    places = np.arange(STEPS + 1.0)
    places[0], places[-1] = 0.4, STEPS - 0.4
    table = ndtri(places / STEPS)
    low, high = table[:-1], table[1:]
    table /= np.sqrt(((low**2 + low * high + high**2) / 3).mean())
    return np.asarray(table, np.float32)


@njit(cache=True, nogil=True)  # type: ignore[misc]
def _moved(points, matrix, shift, sigma, most, seed, table, out):  # type: ignore[no-untyped-def]
    golden, rest = np.uint64(0x9E3779B97F4A7C15), np.float32(1 / 512)
    for i in range(len(points)):
        x, y, z = points[i, 0], points[i, 1], points[i, 2]
        for axis in range(3):
            out[i, axis] = matrix[axis, 0] * x + matrix[axis, 1] * y + matrix[axis, 2] * z + shift[axis]
    if sigma <= 0:
        return
    for i in range(len(points)):
        bits = seed + np.uint64(i + 1) * golden
        bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        bits = bits ^ (bits >> np.uint64(31))
        for axis in range(3):
            part = np.uint32(bits >> np.uint64(21 * axis)) & np.uint32(0x1FFFFF)
            step = part >> np.uint32(9)
            past = np.float32(part & np.uint32(511)) * rest
            noise = sigma * (table[step] + past * (table[step + np.uint32(1)] - table[step]))
            out[i, axis] += min(max(noise, -most), most)


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
def _farthest(points, first, apart, bits, tops, out):  # type: ignore[no-untyped-def]
    # Blocks of one length, and distances compared by their bits (which sort alike, as none is below 0): so the compiler
    # does eight points at once. Which point is the farthest is asked of one block alone.
    now = first
    for k in range(len(out)):
        out[k] = now
        here, there = now // BLOCK, now % BLOCK
        x, y, z = points[here, 0, there], points[here, 1, there], points[here, 2, there]
        for block in range(len(tops)):
            xs, ys, zs, known = points[block, 0], points[block, 1], points[block, 2], apart[block]
            for i in range(BLOCK):
                a, b, c = xs[i] - x, ys[i] - y, zs[i] - z
                near = a * a + b * b + c * c
                known[i] = near if near < known[i] else known[i]
            whole, top = bits[block], np.int32(-1)
            for i in range(BLOCK):
                top = max(top, whole[i])
            tops[block] = top
        best = 0
        for block in range(len(tops)):
            if tops[block] > tops[best]:
                best = block
        i = 0
        while bits[best, i] < tops[best]:
            i += 1
        now = best * BLOCK + i


def farthest(points: Floats, count: int, first: int = 0) -> NDArray[np.int64]:
    """Positions (count,) of points, each as far as can be from those before it; from `first` on.

    Source: Eldar et al. 1997 (the farthest point strategy for progressive image sampling).
    """
    n = len(points)
    blocks = -(-n // BLOCK)
    padded = np.zeros((blocks * BLOCK, 3), np.float32)
    padded[:n] = points
    apart = np.full(blocks * BLOCK, -1, np.float32)  # what only fills up is never the farthest
    apart[:n] = np.inf
    out = np.empty(min(count, n), np.int64)
    by_axis = np.ascontiguousarray(padded.reshape(blocks, BLOCK, 3).transpose(0, 2, 1))
    known = apart.reshape(blocks, BLOCK)
    _farthest(by_axis, first, known, known.view(np.int32), np.empty(blocks, np.int32), out)
    return out


@njit(cache=True, nogil=True)  # type: ignore[misc]
def _all_moved(clouds, matrices, sigma, most, seeds, table, out):  # type: ignore[no-untyped-def]
    shift = np.zeros(3, np.float32)
    for i in range(len(clouds)):
        _moved(clouds[i], matrices[i], shift, sigma, most, seeds[i], table, out[i])


def all_moved(
    clouds: Floats, matrices: NDArray[np.floating], *, sigma: float, seeds: NDArray[np.integer],
    most: float = np.inf,
) -> Floats:  # fmt: skip
    """Clouds of equally many points (n, p, 3), each mapped by its own matrix (n, 3, 3) and shaken by its own seed (n,):
    the same as `moved` one by one."""
    out = np.empty_like(clouds)
    _all_moved(
        np.ascontiguousarray(clouds), np.asarray(matrices, np.float32), np.float32(sigma), np.float32(most),
        np.asarray(seeds, np.uint64), quantiles(), out,
    )  # fmt: skip
    return out


@njit(cache=True, nogil=True)  # type: ignore[misc]
def _moments(points, out):  # type: ignore[no-untyped-def]
    n = len(points)
    for axis in range(3):
        total = 0.0
        for i in range(n):
            total += points[i, axis]
        out[axis] = total / n
    square = 0.0
    for i in range(n):
        for axis in range(3):
            apart = points[i, axis] - out[axis]
            square += apart * apart
    out[3] = np.sqrt(square / n)


def moments(points: Floats) -> NDArray[np.float64]:
    """The centre of points (n, 3) and the root of their mean squared distance from it, float64 (4,)."""
    out = np.zeros(4)
    if len(points):
        _moments(points, out)
    return out
