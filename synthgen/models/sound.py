"""What a sound is: samples in time, and how many of them a second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STEPS = 32768
"""16 bit: a sample lies on this many steps from 0 to 1, so that FLAC keeps it exactly."""
ROUNDING = 384.0


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """Samples, float32 (n, channels) from -1 to 1 in steps of 1/32768, read-only; `rate` of them a second."""

    samples: np.ndarray
    rate: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return len(self.samples) / self.rate

    @property
    def nbytes(self) -> int:
        """What it takes in memory, for whoever keeps sounds."""
        return self.samples.nbytes

    @property
    def mono(self) -> np.ndarray:
        """The mean of its channels, float32 (n,)."""
        one = self.samples[:, 0] if self.samples.shape[1] == 1 else self.samples.mean(1, dtype=np.float32)
        return np.asarray(one, np.float32)


def rounded(samples: np.ndarray, rate: int) -> Sound:
    """A sound of any float samples (n,) or (n, channels): what is too loud is cut off, the rest put on the steps."""
    wide = np.asarray(samples, np.float32)
    wide = np.ascontiguousarray(wide[:, None] if wide.ndim == 1 else wide)
    kept = np.clip(wide, np.float32(-1), np.float32(1 - 1 / STEPS))
    # Near 384 float32 has steps of 1/32768: adding it rounds, and makes -0, which files don't keep, 0.
    kept += np.float32(ROUNDING)
    kept -= np.float32(ROUNDING)
    kept.flags.writeable = False
    return Sound(kept, rate)


def within(samples: np.ndarray, factor: float) -> np.ndarray:
    """Samples times a factor, or times the largest one by which none passes full scale."""
    peak = max(float(samples.max()), -float(samples.min()), 1 / STEPS)
    factor = min(factor, (1 - 1 / STEPS) / peak)
    return np.asarray(samples if factor == 1 else samples * np.float32(factor), np.float32)
