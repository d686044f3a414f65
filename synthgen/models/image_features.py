"""What pictures look like, as vectors: plain arithmetic, no weights. Each row depends on its picture alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Picture = NDArray[np.uint8]

CANVAS = 32  # every picture is brought to this side first, so that rescaled copies meet
GRID = 16
PARTS_CANVAS = 48
PARTS_GRID = 8
PARTS = tuple((1 - 0.03 * i, i + 1) for i in range(11))
"""Side shares 1 to 0.7, and how many places a side a part of that share is cut from: neighbours differ by 3 %."""


def _canvas(picture: Picture, side: int) -> Floats:
    import cv2

    shrinks = picture.shape[0] * picture.shape[1] > side * side
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    small = cv2.resize(picture.astype(np.float32), (side, side), interpolation=way)
    out: Floats = small / np.float32(255)
    return out


def signature(pictures: Sequence[Picture]) -> Floats:
    """Blurred 16x16 colours (n, 768) in 0..1: a copy differs nowhere by more than 0.03.

    Measured on digits, hands and photographs: JPEG of quality 80 and more, rescaling to 50-200 %, and 2 grey levels
    stay below 0.03; a shift of 2/32 or a turn of 10 degrees moves them by 0.03 (smooth photographs) to 0.4.
    """
    import cv2

    out = np.empty((len(pictures), GRID * GRID * 3), np.float32)
    for row, picture in zip(out, pictures, strict=True):
        soft = cv2.GaussianBlur(_canvas(picture, CANVAS), (0, 0), 1.0)
        row[:] = cv2.resize(soft, (GRID, GRID), interpolation=cv2.INTER_AREA).ravel()
    return out


def embed(pictures: Sequence[Picture]) -> Floats:
    """Unit vectors (n, 176): directions of edges in 4x4 cells, and low-resolution colour.

    Source: Dalal and Triggs 2005 (histograms of oriented gradients), signed, soft-assigned, square-rooted.
    """
    import cv2

    out = np.empty((len(pictures), 4 * 4 * 8 + 4 * 4 * 3), np.float32)
    bins = np.arange(8, dtype=np.float32)
    for row, picture in zip(out, pictures, strict=True):
        colour = _canvas(picture, CANVAS)
        soft = cv2.GaussianBlur(colour.mean(2), (0, 0), 0.8)
        down, across = np.gradient(soft)
        strength = np.hypot(down, across)
        direction = (np.arctan2(down, across) * (4 / np.pi)).astype(np.float32)
        away = np.abs((direction[..., None] - bins + 4) % 8 - 4)
        votes = strength[..., None] * np.maximum(0, 1 - away)
        edges = np.sqrt(cv2.resize(votes, (4, 4), interpolation=cv2.INTER_AREA).ravel())
        hues = cv2.resize(colour, (4, 4), interpolation=cv2.INTER_AREA).ravel() - 0.5
        row[:128] = edges / max(float(np.sqrt((edges * edges).sum())), 1e-3)
        row[128:] = 0.15 * hues
        row /= max(float(np.sqrt((row * row).sum())), 1e-6)
    return out


def views(picture: Picture) -> list[Picture]:
    """A picture as it is and undone from each flip."""
    return [picture, picture[:, ::-1], picture[::-1], picture[::-1, ::-1]]


def fingerprint(pictures: Sequence[Picture]) -> Floats:
    """Unit vectors (n, 64) of the light and dark in a picture, whatever its brightness, contrast and colours."""
    (whole,) = _windows(1.0, 1)[:1]
    rows = [(whole @ _grey(picture) @ whole.T).ravel() for picture in pictures]
    return _unit(np.array(rows, np.float32).reshape(len(rows), PARTS_GRID**2))


def parts(picture: Picture) -> Floats:
    """Fingerprints (506, 64) of a picture and of what may be cut from it, down to 70 % of its sides; itself first."""
    grey = _grey(picture)
    rows = []
    for share, places in PARTS:
        windows = _windows(share, places)
        across = np.einsum("kgw,hw->khg", windows, grey)
        rows.append(np.einsum("kgh,lhf->klgf", windows, across).reshape(-1, PARTS_GRID**2))
    return _unit(np.concatenate(rows))


def _grey(picture: Picture) -> Floats:
    return np.asarray(_canvas(picture, PARTS_CANVAS).mean(2), np.float32)


def _unit(rows: Any) -> Floats:
    """Centred rows of length 1; those with nothing in them stay near 0 and are like nothing."""
    rows = rows - rows.mean(-1, keepdims=True)
    length = np.sqrt((rows * rows).sum(-1, keepdims=True))
    return np.asarray(rows / np.maximum(length, 0.01 * PARTS_GRID), np.float32)


@cache
def _windows(share: float, places: int) -> Floats:
    """Weights (places, 8, 48) that average a side of the canvas into 8 overlapping cells, for each place."""
    centres = (np.arange(PARTS_CANVAS) + 0.5) / PARTS_CANVAS
    starts = np.linspace(0, 1 - share, places) if places > 1 else np.array([(1 - share) / 2])
    cell = share / PARTS_GRID
    middles = starts[:, None] + (np.arange(PARTS_GRID) + 0.5) * cell
    tents = np.maximum(0, 1 - np.abs(centres - middles[..., None]) / cell)
    return np.asarray(tents / tents.sum(-1, keepdims=True), np.float32)
