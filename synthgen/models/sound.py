"""What a sound is: samples in time, and how many of them a second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEPS = 32768
"""16 bit: a sample lies on this many steps from 0 to 1, so that FLAC keeps it exactly."""


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Samples, float32 (n, channels) from -1 to 1 in steps of 1/32768, read-only; `rate` of them a second."""

    samples: np.ndarray
    rate: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / self.rate


def rounded(samples: np.ndarray, rate: int) -> Sound:
    """A sound of any float samples (n,) or (n, channels): what is too loud is cut off, the rest put on the steps."""
    wide = np.asarray(samples, np.float32)
    wide = wide[:, None] if wide.ndim == 1 else wide
    steps = np.clip(np.rint(wide * np.float32(STEPS)), -STEPS, STEPS - 1)
    kept = np.ascontiguousarray(steps / np.float32(STEPS), np.float32)
    kept.flags.writeable = False
    return Sound(kept, rate)
