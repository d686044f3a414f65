"""Where one shot of a clip ends and the next begins."""

from __future__ import annotations

from hashlib import sha256

import numpy as np

from synthgen.models.clip import Clip
from synthgen.models.clip_features import shrunk

SIDE = 24
LEAST = 0.08
"""Mean difference of grey levels, of 1, from one shot to the next, at least."""
ABOVE_USUAL = 4.0
"""How many times as much as from frame to frame around it, at least."""
AROUND = 6
KEPT = 4096
_found: dict[bytes, tuple[int, ...]] = {}


def shots(clip: Clip) -> tuple[int, ...]:
    """The first frames of all shots but the first. Source: Boreczky and Rowe 1996 (shot boundary detection), by
    differences of frames against their surroundings."""
    key = sha256(clip.data).digest()
    if key not in _found:
        if len(_found) >= KEPT:
            _found.clear()
        _found[key] = _boundaries(clip)
    return _found[key]


def _boundaries(clip: Clip) -> tuple[int, ...]:
    grey = shrunk(clip, SIDE).mean(3) / 255
    change = np.abs(np.diff(grey, axis=0)).mean((1, 2))
    found = []
    for i in np.flatnonzero(change >= LEAST).tolist():
        near = np.concatenate([change[max(0, i - AROUND) : i], change[i + 1 : i + 1 + AROUND]])
        if not len(near) or (change[i] >= ABOVE_USUAL * np.median(near) and change[i] >= near.max()):
            found.append(i + 1)
    return tuple(found)
