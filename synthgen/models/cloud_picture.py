"""A point cloud as a small shaded picture from a fixed view: a z-buffer, no GPU and no display."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgen.models.point_cloud import COLOURS, Cloud

if TYPE_CHECKING:
    from numpy.typing import NDArray

AZIMUTH, ELEVATION = np.radians(-60.0), np.radians(25.0)
GROUND = 250
NEAR, FAR = np.array([24.0, 68.0, 122.0]), np.array([188.0, 206.0, 222.0])
MOST_POINTS = 60_000


def view(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """Points as they are seen: to the right, up, and towards who looks, (n, 3)."""
    sin, cos = np.sin(AZIMUTH), np.cos(AZIMUTH)
    right, forth = np.array([-sin, cos, 0]), np.array([cos, sin, 0])
    up = np.array([0, 0, np.cos(ELEVATION)]) - np.sin(ELEVATION) * forth
    towards = np.cos(ELEVATION) * forth + np.array([0, 0, np.sin(ELEVATION)])
    return np.asarray(points.astype(np.float64) @ np.stack([right, up, towards], 1))


def picture(cloud: Cloud, size_px: int) -> NDArray[np.uint8]:
    """A square picture (size, size, 3): near points darker, or in their own colours; rare points are drawn larger."""
    step = -(-len(cloud) // MOST_POINTS)
    seen = view(cloud.points[::step] - cloud.centre.astype(np.float32))
    low, high = np.quantile(seen, [0.005, 0.995], axis=0) if len(seen) > 200 else (seen.min(0), seen.max(0))
    scale = 0.9 * size_px / max(float((high - low)[:2].max()), 1e-9)
    place = (seen[:, :2] - (low + high)[:2] / 2) * scale + size_px / 2
    columns, rows = np.floor(place[:, 0]).astype(int), np.floor(size_px - place[:, 1]).astype(int)
    depth = np.clip((seen[:, 2] - low[2]) / max(float(high[2] - low[2]), 1e-9), 0, 1)
    colours = _colours(cloud, step, depth)
    canvas = np.full((size_px, size_px, 3), GROUND, np.uint8)
    dot = int(np.clip(round(0.55 * size_px / np.sqrt(len(seen))), 1, max(1, size_px // 24)))
    order = np.argsort(depth, kind="stable")  # what is nearer is drawn later
    for down in range(dot):
        for right in range(dot):
            r, c = rows[order] + down - dot // 2, columns[order] + right - dot // 2
            inside = (r >= 0) & (r < size_px) & (c >= 0) & (c < size_px)
            _draw(canvas, r[inside], c[inside], colours[order][inside])
    return canvas


def _draw(canvas: NDArray[np.uint8], rows: Any, columns: Any, colours: NDArray[np.uint8]) -> None:
    """Paint points, sorted from far to near: where several fall on a pixel, the last is seen."""
    cells = rows * canvas.shape[1] + columns
    last = len(cells) - 1 - np.unique(cells[::-1], return_index=True)[1]
    canvas[rows[last], columns[last]] = colours[last]


def _colours(cloud: Cloud, step: int, depth: NDArray[np.float64]) -> NDArray[np.uint8]:
    if all(name in cloud.scalars for name in COLOURS):
        own = np.stack([cloud.scalars[name][::step] for name in COLOURS], 1)
        return np.clip(255 * own * (0.6 + 0.4 * depth[:, None]), 0, 255).astype(np.uint8)
    return np.asarray(FAR + (NEAR - FAR) * depth[:, None]).astype(np.uint8)


def jpeg(cloud: Cloud, size_px: int) -> bytes:
    """The picture as a JPEG, drawn at twice its size."""
    from PIL import Image

    drawn = Image.fromarray(picture(cloud, 2 * size_px)).resize((size_px, size_px), Image.Resampling.BOX)
    out = io.BytesIO()
    drawn.save(out, "JPEG", quality=80)
    return out.getvalue()
