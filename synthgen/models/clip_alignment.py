"""Which stretch of one clip another one shows: faster or slower, backwards, mirrored, or only in its first part.

For every stretch, speed and direction it is asked how well what moves in the one clip goes with what moves in the
other. Source: Douze et al. 2016 (circulant temporal encoding) aligns clips by one shift; here the speed is free too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synthgen.models.clip import Clip
from synthgen.models.clip_features import shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

CELLS = 12
SPEEDS = tuple(1.06**i for i in range(-14, 15))
"""0.44 to 2.26 times as fast."""
PARTS = (1.0, 0.75, 0.5)
"""Shares of a clip that may show the other one, from its beginning on; what follows may show anything."""
SHORTER = 0.12
"""A share below 1 must go together better than the whole by this much: less to compare goes together by chance."""
SURE = 0.85
"""From this correlation on nothing else is tried."""
LEAST_MOTION = 0.001
"""Mean grey level, of 1, by which frames differ from their mean where something moves."""
MOST_FRAMES = 200
"""Of longer clips so many are compared, evenly spread."""


class Stretch(NamedTuple):
    """Frames of the original that a clip shows, from `first` to before `end`, and the correlations of what moves,
    forwards and backwards, in -1..1."""

    first: int
    end: int
    forwards: float
    backwards: float


def step_of(clip: Clip) -> int:
    """Of how many frames one is compared; both clips take the original's."""
    return max(1, -(-clip.frames // MOST_FRAMES))


def seen(clip: Clip, step: int = 1) -> Floats:
    """What is compared: light and dark (n, 144), one row for every `step` frames."""
    return _softened(shrunk(clip, 48)[::step].mean(3).astype(np.float32) / 255).reshape(-1, CELLS * CELLS)


def _softened(grey: Floats) -> Floats:
    import cv2

    cv2.setNumThreads(1)
    soft = [cv2.GaussianBlur(frame, (0, 0), 1.5) for frame in grey]
    return np.stack([cv2.resize(frame, (CELLS, CELLS), interpolation=cv2.INTER_AREA) for frame in soft])


def aligned(clip: Clip, original: Clip, mirror: bool = True) -> Stretch:
    """Where in the original what the clip shows comes from, to within about as many frames as its step. `mirror`: also
    where it is its mirror image, in which turning left is turning right backwards."""
    step = step_of(original)
    found = compared(seen(clip, step), seen(original, step), mirror)
    return found._replace(first=found.first * step, end=min(found.end * step, original.frames))


def compared(part: Floats, whole: Floats, mirror: bool) -> Stretch:
    """The stretch of rows of `whole` that `part` shows (both as `seen` gives them)."""
    forwards = backwards = (-1.0, 0, len(whole) - 1)
    for share in PARTS:
        for rows in (part, _mirrored(part)) if mirror else (part,):
            forwards = max(forwards, _best(rows, whole, share, 1))
            backwards = max(backwards, _best(rows, whole, share, -1))
        if max(forwards, backwards)[0] >= SURE:
            break
    _, first, end = max(forwards, backwards)
    return Stretch(first, end + 1, forwards[0], backwards[0])


def _mirrored(rows: Floats) -> Floats:
    return rows.reshape(-1, CELLS, CELLS)[:, :, ::-1].reshape(rows.shape)


def _best(part: Floats, whole: Floats, share: float, sign: int) -> tuple[float, int, int]:
    """How well the beginning of `part` goes with the best stretch of `whole`, and that one's first and last row."""
    n, m = max(1, round(share * len(part))), len(whole)
    own = part[:n] - part[:n].mean(0)
    spread = max(float((own**2).sum()), n * LEAST_MOTION**2 * own.shape[1])
    alike, squares = own @ whole.T, (whole**2).sum(1)
    found = (-1.0, 0, m - 1)
    for speed in SPEEDS:
        steps = np.rint(speed * np.arange(n)).astype(int)
        if (last := int(steps[-1])) >= m:
            continue
        at = np.arange(m - last)[:, None] + (steps if sign > 0 else last - steps)
        together = alike[np.arange(n), at].sum(1)
        places = at + m * np.arange(len(at))[:, None]
        counts = np.bincount(places.ravel(), minlength=len(at) * m).reshape(-1, m).astype(np.float32)
        means = counts @ whole / n
        theirs = counts @ squares - n * (means**2).sum(1)
        going = together / np.sqrt(spread * np.maximum(theirs, n * LEAST_MOTION**2 * own.shape[1]))
        best = int(going.argmax())
        if (value := float(going[best]) - SHORTER * (share < 1)) > found[0]:
            found = value, best, best + last
    return found
