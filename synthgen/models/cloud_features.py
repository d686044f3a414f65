"""What point clouds look like as vectors: for likeness, for copies, and for copies in disguise."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgen.models.point_cloud import NORMAL, Cloud

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Soft = list[tuple[NDArray[np.int64], NDArray[np.float64]]]

GRID = 6
"""Cells along each side of the signature's box."""
REACH = 2.5
"""Sizes (root mean square radii) from the centre to the end of what is looked at."""
SHELLS = 8
DEGREES = 6
"""Highest degree of the spherical harmonics."""
HEIGHTS, RINGS, SIDES = 8, 5, 4
MOST_POINTS = 4096
FIELDS = 4


def framed(cloud: Cloud) -> NDArray[np.float64]:
    """Points about their centre, their root mean square distance from it 1; every k-th of very many."""
    step = -(-len(cloud) // MOST_POINTS)
    points = cloud.points[::step].astype(np.float64) - cloud.centre
    return np.asarray(points / max(cloud.size, 1e-12))


def _soft(values: NDArray[np.float64], low: float, high: float, cells: int) -> Soft:
    """Each value's two nearest cell centres between low and high, and how much of it falls to each."""
    place = np.clip((values - low) / (high - low) * cells - 0.5, 0, cells - 1)
    first = np.minimum(place.astype(np.int64), cells - 2)
    past = place - first
    return [(first, 1 - past), (first + 1, past)]


def _histogram(axes: Sequence[Soft], shape: tuple[int, ...]) -> NDArray[np.float64]:
    """A soft histogram whose cells sum to 1."""
    total = np.zeros(int(np.prod(shape)))
    corners: list[tuple[Any, Any]] = [(0, 1.0)]
    for axis, cells in zip(axes, shape, strict=True):
        corners = [(cell * cells + more, part * share) for cell, part in corners for more, share in axis]
    for cell, part in corners:
        total += np.bincount(np.asarray(cell), np.asarray(part), len(total))
    return np.asarray(total / max(float(total.sum()), 1e-12))


def signature(clouds: Sequence[Cloud]) -> Floats:
    """Vectors (n, 223): where the points are, how large the cloud is and where it stands, and what its points carry.

    The order of the points changes nothing, rounding to float16 little; turning, bending and noise change it.
    """
    return np.array([_signature(cloud) for cloud in clouds], np.float32).reshape(len(clouds), GRID**3 + 7)


def _signature(cloud: Cloud) -> NDArray[np.float64]:
    points = cloud.points.astype(np.float64) - cloud.centre
    size = max(cloud.size, 1e-12)
    axes = [_soft(points[:, i] / size, -REACH, REACH, GRID) for i in range(3)]
    spread = np.log1p((points / size) ** 2).mean(0)
    where = np.tanh(cloud.centre / (4 * size))
    carried = [np.tanh(v.astype(np.float64)).mean() for _, v in sorted(cloud.scalars.items())]
    return np.concatenate(
        [4 * _histogram(axes, (GRID,) * 3), spread, 0.5 * where, [0.1 * float(np.sum(carried))]]
    )


def fingerprint(clouds: Sequence[Cloud]) -> Floats:
    """Unit vectors (n, 56): how strong each degree of the spherical harmonics is in each shell about the centre.

    Turned, mirrored, moved and resized clouds have the same one. Source: Kazhdan et al. 2003 (rotation invariant
    spherical harmonic representation), section 3.
    """
    rows = np.array([_powers(framed(cloud)) for cloud in clouds], np.float64)
    return _unit(rows.reshape(len(clouds), SHELLS * (DEGREES + 1)))


def _powers(points: NDArray[np.float64]) -> NDArray[np.float64]:
    radius = np.linalg.norm(points, axis=1)
    harmonics = _harmonics(points / np.maximum(radius, 1e-9)[:, None])
    weights = _weights(radius, REACH, SHELLS)
    mass = weights.sum(1)
    sums = (weights @ harmonics) ** 2
    # Points that lie there by chance alone add their number to each square.
    orders = 2 * np.arange(DEGREES + 1) + 1
    noise = (weights**2).sum(1)[:, None] * orders
    whole = np.add.reduceat(sums, [0, *np.cumsum(orders)[:-1]], axis=1) * (4 * np.pi)
    power = np.maximum(whole - noise, 0)
    whole = np.sqrt(power) / len(points)
    whole[:, 0] = mass / len(points)
    return np.asarray(whole.ravel())


@cache
def _normalising() -> tuple[NDArray[np.float64], ...]:
    from scipy.special import gammaln

    factors = []
    for degree in range(DEGREES + 1):
        order = np.arange(degree + 1)
        logs = gammaln(degree - order + 1) - gammaln(degree + order + 1)
        factors.append(
            np.sqrt((2 * degree + 1) / (4 * np.pi) * np.exp(logs)) * np.where(order, np.sqrt(2), 1)
        )
    return tuple(factors)


def _harmonics(unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Real spherical harmonics (n, 49) of unit vectors, degree by degree."""
    x, y, z = unit.T
    flat = np.ones((DEGREES + 1, 2, len(unit)))  # r^m cos(m phi), r^m sin(m phi) in the x-y plane
    flat[0, 1] = 0
    for m in range(1, DEGREES + 1):
        flat[m, 0] = flat[m - 1, 0] * x - flat[m - 1, 1] * y
        flat[m, 1] = flat[m - 1, 0] * y + flat[m - 1, 1] * x
    tower = _legendre(z)
    columns = []
    for degree, factors in enumerate(_normalising()):
        for m in range(degree + 1):
            columns.append(factors[m] * tower[degree, m] * flat[m, 0])
            if m:
                columns.append(factors[m] * tower[degree, m] * flat[m, 1])
    return np.stack(columns, 1)


def _legendre(z: NDArray[np.float64]) -> dict[tuple[int, int], NDArray[np.float64]]:
    """Associated Legendre polynomials without their power of sin(theta), by degree and order."""
    tower = {(0, 0): np.ones_like(z)}
    for m in range(DEGREES + 1):
        if m:
            tower[m, m] = tower[m - 1, m - 1] * -(2 * m - 1)
        if m < DEGREES:
            tower[m + 1, m] = z * (2 * m + 1) * tower[m, m]
        for degree in range(m + 2, DEGREES + 1):
            one, two = tower[degree - 1, m], tower[degree - 2, m]
            tower[degree, m] = ((2 * degree - 1) * z * one - (degree + m - 1) * two) / (degree - m)
    return tower


def embed(clouds: Sequence[Cloud]) -> Floats:
    """Unit vectors (n, 198): how the cloud is built up from the ground, from all sides alike; how large it is; what its
    points carry at each height."""
    rows = [_embedded(cloud) for cloud in clouds]
    stacked = np.array(rows, np.float64).reshape(len(rows), _EMBEDDED)
    return np.asarray(stacked / np.maximum(np.linalg.norm(stacked, axis=1, keepdims=True), 1e-9), np.float32)


_EMBEDDED = SHELLS * (DEGREES + 1) + HEIGHTS * RINGS + RINGS * SIDES + 2 + (FIELDS + 1) * HEIGHTS * 2


def _embedded(cloud: Cloud) -> NDArray[np.float64]:
    points = framed(cloud)
    ring = np.hypot(points[:, 0], points[:, 1])
    profile = _histogram(
        [_soft(points[:, 2], -2.0, 2.0, HEIGHTS), _soft(ring, 0.0, 2.0, RINGS)], (HEIGHTS, RINGS)
    )
    size = np.array([np.tanh(0.3 * np.log(max(cloud.size, 1e-9))), 0.3 * np.tanh(np.log(len(cloud)) / 8)])
    parts = [
        _length1(_powers(points)),
        _length1(np.sqrt(profile)),
        0.6 * _length1(_around(points, ring)),
        size,
        0.7 * _carried(cloud, points[:, 2]),
    ]
    return np.concatenate(parts)


def _around(points: NDArray[np.float64], ring: NDArray[np.float64]) -> NDArray[np.float64]:
    """How strongly each ring about the vertical has 1, 2, ... sides, wherever they point."""
    angle = np.arctan2(points[:, 1], points[:, 0])
    waves = np.stack([np.exp(1j * k * angle) for k in range(1, SIDES + 1)], 1)
    return np.asarray(np.abs(_weights(ring, 2.0, RINGS) @ waves).ravel() / len(points))


def _weights(values: NDArray[np.float64], most: float, cells: int) -> NDArray[np.float64]:
    """How much of each value (n,) falls to each of the cells between 0 and `most`: (cells, n)."""
    weights, each = np.zeros((cells, len(values))), np.arange(len(values))
    for cell, part in _soft(values, 0.0, most, cells):
        weights[cell, each] += part
    return weights


def _carried(cloud: Cloud, height: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean and spread, at each height, of the first four scalars and of the length of the first vector."""
    step = -(-len(cloud) // MOST_POINTS)
    named = [v[::step] for _, v in sorted(cloud.scalars.items())][:FIELDS]
    speeds = [
        np.linalg.norm(v[::step], axis=1) for name, v in sorted(cloud.vectors.items()) if name != NORMAL
    ]
    weights = _weights(height + 2.0, 4.0, HEIGHTS)
    held = np.maximum(weights.sum(1), 1e-9)
    out = np.zeros((FIELDS + 1, HEIGHTS, 2))
    for row, values in zip(out, [*named, *speeds[:1]], strict=False):
        level = np.sign(values) * np.log1p(np.abs(values.astype(np.float64)))
        mean = weights @ level / held
        spread = np.sqrt(np.maximum(weights @ level**2 / held - mean**2, 0))
        row[:] = np.stack([mean, spread], 1) * np.sqrt(held / len(level))[:, None]
    return np.asarray(np.tanh(out).ravel() / 2)


def _length1(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(values / max(float(np.linalg.norm(values)), 1e-9))


def _unit(rows: NDArray[np.float64]) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)
