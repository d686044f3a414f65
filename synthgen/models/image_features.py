"""What pictures look like, as vectors: plain arithmetic, no weights. Each row depends on its picture alone."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgen.models.resizing import resized

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Picture = NDArray[np.uint8]

EMBEDDED_AT_ONCE = 64
CANVAS = 32  # every picture is brought to this side first, so that rescaled copies meet
GRID = 16
PARTS_CANVAS = 48
PARTS_GRID = 8
PARTS = tuple((1 - 0.03 * i, i + 1) for i in range(11))
"""Side shares 1 to 0.7, and how many places a side a part of that share is cut from: neighbours differ by 3 %."""


def _canvas(picture: Picture, side: int) -> Floats:
    small: Floats = resized(picture.astype(np.float32), side, side)
    return small / np.float32(255)


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
    parts = [_embed(pictures[i : i + EMBEDDED_AT_ONCE]) for i in range(0, len(pictures), EMBEDDED_AT_ONCE)]
    return np.concatenate(parts) if parts else np.empty((0, 4 * 4 * (8 + 3)), np.float32)


def _embed(pictures: Sequence[Picture]) -> Floats:
    import cv2

    small = [resized(picture, CANVAS, CANVAS) for picture in pictures]
    colour = np.stack(small).astype(np.float32) / 255
    down, across = np.empty((2, len(pictures), CANVAS, CANVAS), np.float32)
    for i, grey in enumerate((colour[..., 0] + colour[..., 1] + colour[..., 2]) / 3):
        soft = cv2.GaussianBlur(grey, (0, 0), 0.8)
        cv2.Sobel(soft, cv2.CV_32F, 0, 1, dst=down[i], ksize=1, scale=0.5, borderType=cv2.BORDER_REPLICATE)
        cv2.Sobel(soft, cv2.CV_32F, 1, 0, dst=across[i], ksize=1, scale=0.5, borderType=cv2.BORDER_REPLICATE)
    edges = np.sqrt(_directions(down, across))
    edges /= np.maximum(np.sqrt(np.einsum("nd,nd->n", edges, edges)), 1e-3)[:, None]
    hues = [cv2.resize(picture, (4, 4), interpolation=cv2.INTER_AREA).ravel() for picture in colour]
    rows = np.concatenate([edges, 0.15 * (np.stack(hues) - np.float32(0.5))], 1)
    rows /= np.maximum(np.sqrt(np.einsum("nd,nd->n", rows, rows)), 1e-6)[:, None]
    return rows.astype(np.float32)


def _directions(down: Floats, across: Floats) -> Floats:
    """Strength of the edges in 8 directions (n, 128) for each of 4x4 cells; an edge counts for the two nearest."""
    strength = np.sqrt(down * down + across * across)
    direction = np.arctan2(down, across) * np.float32(4 / np.pi)
    direction = np.where(direction < 0, direction + 8, direction)
    first = direction.astype(np.int32)
    past = direction - first
    cells = _cells(len(down))
    size = len(down) * 128
    here, there = cells + (first & 7), cells + (first + 1 & 7)
    votes = np.bincount(here.ravel(), (strength * (1 - past)).ravel(), size)
    votes += np.bincount(there.ravel(), (strength * past).ravel(), size)
    return (votes.reshape(-1, 128) / 64).astype(np.float32)


@cache
def _cells(count: int) -> NDArray[np.int32]:
    """Where the first direction of each pixel's cell stands among those of `count` pictures."""
    rows = np.arange(CANVAS, dtype=np.int32) // 8
    cell = (rows[:, None] * 4 + rows[None]) * 8
    out: NDArray[np.int32] = np.arange(count, dtype=np.int32)[:, None, None] * 128 + cell
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
