"""How dark, how still and how unsteady a clip is, in numbers that real clips may be compared by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from synthgen.models.clip import Clip
from synthgen.models.clip_features import shrunk

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from synthgen.generator import Progress
    from synthgen.sample import Sample

    Greys = NDArray[np.float32]

SIDE = 24
DARK = 0.125
"""Grey level, of 1, up to which a pixel is black: studio black is 0.06."""
BLACK = 0.98
"""Share of a frame's pixels that are black in a black frame."""
BUSY = 0.75
"""Share of the frames that may be steadier than what a clip's unsteadiness says: cuts from shot to shot don't count."""
MOST_MEASURED = 300


def greys(clip: Clip) -> Greys:
    """Grey levels (n, 24, 24) of all frames, in 0..1."""
    return np.asarray(shrunk(clip, SIDE).mean(3) / 255, np.float32)


def some(train: Sequence[Sample], progress: Progress) -> list[Greys]:
    """Grey levels of real clips, at most 300, evenly spread."""
    chosen = train[:: max(1, -(-len(train) // MOST_MEASURED))]
    found = []
    for i, sample in enumerate(chosen):
        found.append(greys(sample.payload))
        progress(i + 1, len(chosen), "clips")
    return found


def blackness(grey: Greys) -> float:
    """Share of the frames that are black."""
    return float(((grey < DARK).mean((1, 2)) >= BLACK).mean())


def changes(grey: Greys) -> Greys:
    """Mean difference of grey levels from each frame to the next, of 1."""
    return np.asarray(np.abs(np.diff(grey, axis=0)).mean((1, 2)))


def stillness(grey: Greys, least: float) -> float:
    """Share of the clip that its longest run of frames takes which differ by less than `least`. One change between two
    still pairs ends no run: coders refresh a still picture now and then."""
    still = np.concatenate([[False], changes(grey) < least, [False]])
    still[1:-1] |= still[:-2] & still[2:]
    edges = np.flatnonzero(np.diff(still.astype(np.int8)))
    return float((edges[1::2] - edges[::2]).max(initial=0) / max(1, len(grey) - 1))


def unsteadiness(grey: Greys) -> float:
    """How far most frames are at most from the mean of the two around them, of 1; 0 where there are no three."""
    if len(grey) < 3:
        return 0.0
    apart = np.abs(grey[1:-1] - (grey[:-2] + grey[2:]) / 2).mean((1, 2))
    return float(np.quantile(apart, BUSY))
