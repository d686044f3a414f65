"""What clips look like, as vectors: plain arithmetic, no weights. Each row depends on its clip alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from synthgen.models import image_features
from synthgen.models.clip import Clip
from synthgen.models.clip_frames import walk
from synthgen.models.resizing import resized

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

CANVAS = 48
LOOKED_AT = 8
GRID = 8
LEAST_MOTION = 0.004
"""Mean grey level, of 1, by which frames differ where something moves; less is what coding leaves."""
PRINTED = 6
"""Frames and cells a side of a fingerprint: few, since a holdout clip has up to 1,000 of them."""
LENGTHS = tuple(0.95**i for i in range(19))
"""Shares of a clip, 1 to 0.4, that a part of it may have."""
APART = 0.04
"""Of its length, from one place of a part to the next."""


def shrunk(clip: Clip, side: int = CANVAS, n: int | None = None) -> NDArray[np.uint8]:
    """All frames, or `n` evenly spread, some of them twice where there are fewer: uint8 (n, side, side, 3)."""
    if n is None:
        return np.stack([_square(picture, side) for _, picture in walk(clip, 0, clip.frames - 1)])
    places = spread(clip.frames, n)
    found = {i: _square(f, side) for i, f in walk(clip, places[0], places[-1], set(places))}
    return np.stack([found[i] for i in places])


def spread(frames: int, n: int) -> list[int]:
    """`n` positions in the middle of as many equal parts."""
    return [int((i + 0.5) * frames / n) for i in range(n)]


def _square(picture: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    return np.asarray(resized(picture, side, side), np.uint8)


def signature(clips: Sequence[Clip]) -> Floats:
    """Blurred colours of the mean frame, grey levels of eight frames, twice what these add to their mean, in 0..1, and
    the length: (n, 1217).

    Measured on talking faces: encoding again at 18 to 26 moves it by 0.009, the most alike clips are 0.017 apart.
    Frames are grey because coders keep colours at half the sides only.
    """
    out = np.empty((len(clips), GRID * GRID * (3 + 2 * LOOKED_AT) + 1), np.float32)
    for row, clip in zip(out, clips, strict=True):
        small = _blurred(shrunk(clip, CANVAS, LOOKED_AT))
        grey = small.mean(3)
        row[:-1] = np.concatenate([small.mean(0).ravel(), grey.ravel(), 2 * (grey - grey.mean(0)).ravel()])
        row[-1] = 0.5 * np.log(clip.seconds)
    return out


def _blurred(frames: NDArray[np.uint8]) -> Floats:
    """Colours (n, 8, 8, 3) in 0..1, each the mean of its cell and what is around it."""
    import cv2

    cv2.setNumThreads(1)
    soft = [cv2.GaussianBlur(f.astype(np.float32) / 255, (0, 0), 2.0) for f in frames]
    return np.stack([cv2.resize(f, (GRID, GRID), interpolation=cv2.INTER_AREA) for f in soft])


def embed(clips: Sequence[Clip]) -> Floats:
    """Unit vectors (n, 544): edges and colours of frames, averaged over each half, and where and when it moves."""
    return embed_frames(shrunk(clip, CANVAS, 2 * LOOKED_AT) for clip in clips)


def embed_frames(clips: Iterable[NDArray[np.uint8]]) -> Floats:
    """Unit vectors (n, 544) of clips as 16 frames (16, side, side, 3) each."""
    rows = []
    for small in clips:
        looks = image_features.embed(list(small))
        halves = [half.mean(0) for half in np.array_split(looks, 2)]
        grey = _blurred(small).mean(3)
        moves = np.abs(np.diff(grey, axis=0)).reshape(len(grey) - 1, -1)
        where = _unit_or_still(np.sqrt(np.concatenate([half.mean(0) for half in np.array_split(moves, 3)])))
        rows.append(np.concatenate([*halves, 0.7 * where]))
    stacked = np.array(rows, np.float32).reshape(len(rows), 2 * 176 + 3 * GRID * GRID)
    return np.asarray(stacked / np.maximum(np.linalg.norm(stacked, axis=1, keepdims=True), 1e-6), np.float32)


def fingerprint(clips: Sequence[Clip]) -> Floats:
    """Unit vectors (n, 252) of what is light and dark in a clip and how that changes, whatever its colours."""
    rows = [_print(_cells(shrunk(clip, CANVAS, PRINTED))) for clip in clips]
    return np.array(rows, np.float32).reshape(len(rows), (PRINTED + 1) * PRINTED * PRINTED)


def parts(clip: Clip) -> Floats:
    """Fingerprints (p, 252) of a clip and of the stretches that may be cut from it, each also mirrored, and played
    backwards; itself first."""
    cells = _cells(shrunk(clip))
    windows = [spread(len(cells), PRINTED), *_stretches(len(cells))]
    rows = [_print(cells[window]) for window in windows]
    rows += [_print(cells[window][:, :, ::-1]) for window in windows]
    rows += [_print(cells[window][::-1]) for window in windows]
    return np.stack(rows)


def _stretches(n: int) -> list[list[int]]:
    """Positions of the frames that a fingerprint of each stretch looks at."""
    found: dict[tuple[int, ...], None] = {}
    for length in sorted({max(1, round(share * n)) for share in LENGTHS}, reverse=True):
        places = 1 + round((n - length) / max(1.0, APART * length))
        for start in np.linspace(0, n - length, places).round().astype(int).tolist():
            found[tuple(start + i for i in spread(length, PRINTED))] = None
    return [list(window) for window in found]


def _cells(frames: NDArray[np.uint8]) -> Floats:
    """Grey levels (n, 6, 6) in 0..1."""
    import cv2

    cv2.setNumThreads(1)
    grey = [cv2.GaussianBlur(f.astype(np.float32).mean(2) / 255, (0, 0), 3.0) for f in frames]
    return np.stack([cv2.resize(f, (PRINTED, PRINTED), interpolation=cv2.INTER_AREA) for f in grey])


def _print(cells: Floats) -> Floats:
    """The mean frame and what each frame adds to it, each brought to length 1, the first counting less."""
    mean = cells.mean(0)
    still = mean - mean.mean()
    still = still / max(float(np.linalg.norm(still)), 0.01 * PRINTED)
    moving = _unit_or_still((cells - mean).ravel())
    both = np.concatenate([0.6 * still.ravel(), moving])
    return np.asarray(both / max(float(np.linalg.norm(both)), 0.3), np.float32)


def _unit_or_still(changes: Floats) -> Floats:
    """Changes brought to length 1; where nothing moves but what coding leaves, they stay near 0."""
    floor = LEAST_MOTION * np.sqrt(changes.size)
    return np.asarray(changes / max(float(np.linalg.norm(changes)), floor), np.float32)
