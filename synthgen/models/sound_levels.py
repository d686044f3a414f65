"""How loud, how flat and how noisy a sound is."""

from __future__ import annotations

import numpy as np

from synthgen.models.sound import STEPS, Sound
from synthgen.models.sound_features import log_mel

NEAR_PEAK = 0.95
FLOOR_SHARE = 0.1
"""Of its frames, in which a band is at its quietest: that is taken for noise."""


def loudness(sound: Sound) -> np.ndarray:
    """Level of each 10 ms in dB of full scale, (frames,)."""
    hop = max(1, round(0.01 * sound.rate))
    squares = np.square(sound.samples).mean(1, dtype=np.float64)
    starts = np.arange(0, len(squares), hop)
    mean = np.add.reduceat(squares, starts) / np.diff(np.append(starts, len(squares)))
    return np.asarray(10 * np.log10(np.maximum(mean, 1 / STEPS**2 / 4)))


def flatness(sound: Sound) -> float:
    """Share of the samples that lie near the sound's own peak: of those that are clipped, many."""
    size = np.abs(sound.samples)
    peak = float(size.max())
    return float((size >= NEAR_PEAK * peak).mean()) if peak else 1.0


def signal_to_noise(sound: Sound) -> float:
    """By how many dB a sound lies above what it is like in its quietest tenth, band by band.

    Source: Martin 2001 (noise estimation by minimum statistics), the idea of section II.
    """
    power = 10 ** (log_mel(sound).astype(np.float64) / 10)
    noise = float(np.quantile(power, FLOOR_SHARE, axis=0).sum())
    signal = float(power.mean(0).sum()) - noise
    return float(10 * np.log10(max(signal, 1e-12) / max(noise, 1e-12)))
