"""Two clouds made into one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from synthgen.models import cloud_kernels
from synthgen.models.cloud_matching import matched
from synthgen.models.point_cloud import NORMAL, Cloud


def shared(one: Cloud, other: Cloud) -> tuple[Cloud, Cloud]:
    """Both clouds with only the fields that both have."""
    scalars, vectors = set(one.scalars) & set(other.scalars), set(one.vectors) & set(other.vectors)
    both = [
        replace(
            cloud,
            scalars={name: v for name, v in cloud.scalars.items() if name in scalars},
            vectors={name: v for name, v in cloud.vectors.items() if name in vectors},
        )
        for cloud in (one, other)
    ]
    return both[0], both[1]


def as_many(cloud: Cloud, n: int) -> Cloud:
    """The cloud with n points: spread over all of it, or some of them again."""
    if n <= len(cloud):
        return cloud.take(np.sort(cloud_kernels.farthest(cloud.points, n))) if n < len(cloud) else cloud
    rows = np.arange(len(cloud))
    return cloud.take(np.concatenate([np.tile(rows, n // len(cloud)), rows[: n % len(cloud)]]))


def blended(one: Cloud, other: Cloud, share: float) -> Cloud:
    """Each point of `one` a share of its way to the point of `other` that goes with it, with all that they carry; both
    about their own centres while they are matched."""
    partner = as_many(other, len(one))
    partner = partner.take(matched(one.points - one.centre, partner.points - partner.centre))

    def between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return ((1 - share) * a + share * b).astype(np.float32)

    vectors = {}
    for name, values in one.vectors.items():
        vectors[name] = between(values, partner.vectors[name])
        if name == NORMAL:
            length = np.linalg.norm(vectors[name], axis=1, keepdims=True)
            vectors[name] = np.where(length > 1e-6, vectors[name] / np.maximum(length, 1e-6), values)
    scalars = {name: between(values, partner.scalars[name]) for name, values in one.scalars.items()}
    return replace(one, scalars=scalars).moved(between(one.points, partner.points), vectors)


def exchanged(one: Cloud, other: Cloud, count: int, place: float, partner_place: float) -> Cloud:
    """`one` without the `count` points around one of its own, in their stead as many of `other` around one of its own,
    in one piece, moved to where the hole is."""
    middle = one.points[int(place * len(one))]
    gone = np.argsort(((one.points - middle) ** 2).sum(1), kind="stable")[:count]
    theirs = other.points[int(partner_place * len(other))]
    taken = np.argsort(((other.points - theirs) ** 2).sum(1), kind="stable")[:count]
    hole, piece = one.points[gone].mean(0), other.points[taken].mean(0)
    points = one.points.copy()
    points[gone[: len(taken)]] = other.points[taken] + (hole - piece)
    filled = {"scalars": dict(one.scalars), "vectors": dict(one.vectors)}
    for kind, fields in (("scalars", other.scalars), ("vectors", other.vectors)):
        for name, values in fields.items():
            kept = filled[kind][name].copy()
            kept[gone[: len(taken)]] = values[taken]
            filled[kind][name] = kept
    return replace(one, scalars=filled["scalars"]).moved(points, filled["vectors"])


def together(one: Cloud, other: Cloud) -> Cloud:
    """The points of both, which carry the same fields, those of `one` first; as exact as `one` is kept."""
    scalars = {name: np.concatenate([v, other.scalars[name]]) for name, v in one.scalars.items()}
    vectors = {name: np.concatenate([v, other.vectors[name]]) for name, v in one.vectors.items()}
    return replace(one, scalars=scalars).moved(np.concatenate([one.points, other.points]), vectors)
