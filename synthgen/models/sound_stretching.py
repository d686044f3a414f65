"""Sounds at another tempo or pitch."""

from __future__ import annotations

import numpy as np
import python_stretch
import soxr

SEED = 1
"""Of the phases that slow sounds are filled with: always the same ones, so that what is made repeats."""
LEAST_SAMPLES = 64
"""Shorter sounds hold no period: they are resampled."""


def stretched(samples: np.ndarray, rate: int, tempo: float = 1.0, semitones: float = 0.0) -> np.ndarray:
    """Samples (n, channels) played `tempo` times as fast, so many semitones higher, each independent of the other.

    Source: Signalsmith Stretch (Luff), a phase vocoder that follows spectral peaks.
    """
    n = max(1, round(len(samples) / tempo))
    if len(samples) < LEAST_SAMPLES:
        return _fitted(resampled(samples, tempo), n)
    engine = python_stretch.Signalsmith.Stretch(SEED)
    engine.preset(samples.shape[1], rate)
    if tempo != 1:
        engine.setTimeFactor(tempo)
    if semitones:
        engine.setTransposeSemitones(semitones)
    return _fitted(engine.process(np.array(samples.T, np.float32, order="C")).T, n)


def resampled(samples: np.ndarray, speed: float) -> np.ndarray:
    """Samples (n, channels) as a tape plays them that runs `speed` times as fast: higher or lower with it."""
    n = max(1, round(len(samples) / speed))
    return _fitted(soxr.resample(samples, speed, 1.0, "HQ"), n)


def _fitted(samples: np.ndarray, n: int) -> np.ndarray:
    """The first `n` samples, silence after the last."""
    short = n - len(samples)
    kept = samples[:n] if short <= 0 else np.pad(samples, ((0, short), (0, 0)))
    return np.asarray(kept, np.float32)
