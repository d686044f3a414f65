"""Frames that were changed one by one, made to change together: what was added to them is smoothed over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgen.models.clip_looks import unsteadiness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Frames = NDArray[np.uint8]

FREE = 0.002
"""Unsteadiness, in grey levels of 1, that is always allowed."""


def steadied(source: Frames, changed: Frames, times: float) -> Frames | None:
    """The changed frames (n, h, w, 3), no more than `times` as unsteady as the source's; None where that can't be.

    The difference to the source is averaged over more and more neighbours in time until the bound holds; the source's
    own motion stays. Source: Lai et al. 2018 (blind video temporal consistency) compare with the source likewise.
    """
    allowed = max(FREE, times * _unsteadiness(source))
    added = changed.astype(np.float32) - source
    reach = 0
    while True:
        smooth = added if reach == 0 else _averaged(added, reach)
        made: Frames = np.clip(np.rint(source + smooth), 0, 255).astype(np.uint8)
        if _unsteadiness(made) <= allowed:
            return made
        if reach >= len(source):
            return None
        reach = max(1, 2 * reach)


def _averaged(values: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """The mean of each frame and those up to `reach` before and after it."""
    n = len(values)
    total = np.concatenate([np.zeros_like(values[:1]), np.cumsum(values, 0)])
    low, high = np.maximum(np.arange(n) - reach, 0), np.minimum(np.arange(n) + reach + 1, n)
    mean = (total[high] - total[low]) / (high - low)[:, None, None, None]
    return np.asarray(mean, np.float32)


def _unsteadiness(frames: Frames) -> float:
    """As the filter `flicker` sees it, but in all detail."""
    return unsteadiness(np.asarray(frames.mean(3, dtype=np.float32) / 255))
