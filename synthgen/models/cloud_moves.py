"""How training clouds are moved so that a classifier learns what their class may look like."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synthgen.contract import Effect, LabelContract
from synthgen.models.point_cloud import NORMAL, Cloud

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Reach(NamedTuple):
    """How far training clouds of one class are moved without changing their label."""

    turn_z_degrees: float = 180.0
    turn_x_degrees: float = 4.0
    turn_y_degrees: float = 4.0
    resize_log: float = 0.18
    jitter_share: float = 0.012
    mirror: bool = False


SILENT = {
    "turn_z": (-180.0, 180.0), "turn_x": (-15.0, 15.0), "turn_y": (-15.0, 15.0), "resize": (0.75, 4 / 3),
    "jitter": (0.0, 0.05),
}  # fmt: skip
"""What holds where the contract says nothing, as in the generators that have these effects."""


def allowed(contract: LabelContract, label: str, reach: float = 1.0) -> Reach:
    """How far clouds of a class are moved: `reach` times as far as usual, and never farther than the contract lets
    them while they stay their class."""

    def graded(name: str, wanted: float, neutral: float = 0.0) -> float:
        rule = contract.rule(label, name)
        most = math.exp(wanted) if neutral else wanted
        asked = Effect(name, 1 / most if neutral else -most, most, neutral)
        low, high = (rule.range(asked) if rule else SILENT[name]) or (asked.low, asked.high)
        if neutral:
            low, high = (math.log(max(end, 1e-6)) for end in (low, high))
        return max(0.0, min(wanted, high if name == "jitter" else min(-low, high)))

    usual, mirror = Reach(), contract.rule(label, "mirror")
    return Reach(
        turn_z_degrees=graded("turn_z", min(180.0, reach * usual.turn_z_degrees)),
        turn_x_degrees=graded("turn_x", reach * usual.turn_x_degrees),
        turn_y_degrees=graded("turn_y", reach * usual.turn_y_degrees),
        resize_log=graded("resize", reach * usual.resize_log, 1.0),
        jitter_share=graded("jitter", reach * usual.jitter_share),
        mirror=bool(mirror and mirror.allow and mirror.target(label) in (None, label)),
    )


def turned(x: NDArray[np.floating], y: NDArray[np.floating], z: NDArray[np.floating]) -> NDArray[np.float64]:
    """Matrices (n, 3, 3) that turn about x, then y, then z by degrees (n,)."""
    matrices = []
    for axis, degrees in enumerate((x, y, z)):
        angle = np.radians(np.asarray(degrees, np.float64))
        sin, cos = np.sin(angle), np.cos(angle)
        a, b = (axis + 1) % 3, (axis + 2) % 3
        matrix = np.zeros((len(angle), 3, 3))
        matrix[:, axis, axis] = 1
        matrix[:, a, a] = matrix[:, b, b] = cos
        matrix[:, b, a], matrix[:, a, b] = sin, -sin
        matrices.append(matrix)
    return np.asarray(matrices[2] @ matrices[1] @ matrices[0])


def drawn(
    limits: NDArray[np.float32], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Matrices (n, 3, 3), each a turn, a resizing and perhaps a mirroring, and the sigma (n,) of noise; `limits` holds
    the fields of Reach in columns."""
    turn_z, turn_x, turn_y, resize, jitter, mirror = limits.T
    n = len(limits)
    matrices = turned(*(most * rng.uniform(-1, 1, n) for most in (turn_x, turn_y, turn_z)))
    matrices *= np.exp(resize * rng.uniform(-1, 1, n))[:, None, None]
    matrices[..., 0] *= np.where(mirror * (rng.random(n) < 0.5), -1, 1)[:, None]
    return matrices.astype(np.float32), (jitter * rng.random(n)).astype(np.float32)


def placed(cloud: Cloud, matrix: NDArray[np.floating], about: NDArray[np.floating] | None = None) -> Cloud:
    """The cloud mapped by a matrix (3, 3) that leaves `about` (3,) where it is: the origin if it is left out."""
    from synthgen.models import cloud_kernels

    shift = np.zeros(3) if about is None else about - matrix @ about
    if cloud.vectors:
        return cloud.mapped(matrix, shift)
    return cloud.moved(cloud_kernels.moved(cloud.points, matrix, shift))


def shaken(cloud: Cloud, sigma_share: float, clip: float, seed: int) -> Cloud:
    """Each point moved by normal noise of `sigma_share` of the cloud's size, cut off at `clip` standard deviations."""
    from synthgen.models import cloud_kernels

    sigma = sigma_share * cloud.size
    points = cloud_kernels.moved(
        cloud.points, np.eye(3), np.zeros(3), sigma=sigma, most=clip * sigma, seed=seed
    )
    return cloud.moved(points)


def locally_mapped(
    cloud: Cloud, anchors: NDArray[np.float64], maps: NDArray[np.float64], shifts: NDArray[np.float64],
    weights: NDArray[np.float64],
) -> Cloud:  # fmt: skip
    """Each point p as the weighted mean, by its own weights (n, a), of where each anchor's map would take it:
    maps[a] @ (p - anchors[a]) + anchors[a] + shifts[a]. Vectors follow the mean of the maps."""
    apart = cloud.points[:, None].astype(np.float64) - anchors
    points = np.einsum("na,aij,naj->ni", weights, maps, apart) + weights @ (anchors + shifts)
    local = np.einsum("na,aij->nij", weights, maps)
    vectors = {}
    for name, values in cloud.vectors.items():
        if name == NORMAL:
            across = np.einsum("nji,nj->ni", np.linalg.inv(local), values)
            vectors[name] = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
        else:
            vectors[name] = np.einsum("nij,nj->ni", local, values)
    return cloud.moved(points, vectors)
