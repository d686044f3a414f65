"""Noise, and how it is laid below a sound."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
import soxr

from synthgen.models.sound import STEPS, Sound
from synthgen.seeds import numpy_rng

Colour = Literal["white", "pink", "brown"]
SLOPES: dict[Colour, float] = {"white": 0.0, "pink": 0.5, "brown": 1.0}
BANK = 1 << 21
"""Samples of noise that are drawn once: each sound gets a stretch of them, forwards or backwards, either way up."""


@lru_cache(3)
def _bank(colour: Colour) -> np.ndarray:
    """Noise of mean power 1 that goes on without a seam when it starts again."""
    from scipy import fft

    white = numpy_rng("sound noise", colour).standard_normal(BANK, np.float32)
    if SLOPES[colour]:
        spectrum = fft.rfft(white)
        # Below 20 of 2**21, some tenths of a hertz, it would only drift.
        spectrum *= np.maximum(np.arange(len(spectrum)), 20.0).astype(np.float32) ** -SLOPES[colour]
        white = fft.irfft(spectrum, BANK)
    bank = np.asarray(white / np.sqrt(np.mean(white.astype(np.float64) ** 2)), np.float32)
    bank.flags.writeable = False
    return bank


def steady(n: int, channels: int, colour: Colour, seed: int) -> np.ndarray:
    """Noise (n, channels) of mean power near 1."""
    bank, rng = _bank(colour), numpy_rng("noise", seed)
    out = np.empty((n, channels), np.float32)
    for column in out.T:
        start, turned = int(rng.integers(BANK)), int(rng.integers(4))
        one = (
            bank[start : start + n]
            if start + n <= BANK
            else np.take(bank, np.arange(start, start + n), mode="wrap")
        )
        np.multiply(one[::-1] if turned & 1 else one, np.float32(1 - (turned & 2)), out=column)
    return out


def power(samples: np.ndarray) -> float:
    """Mean square of samples."""
    flat = samples.ravel()
    return float(np.dot(flat, flat)) / len(flat)


def mixed(samples: np.ndarray, noise: np.ndarray, level: float) -> np.ndarray:
    """Samples with noise of the same shape whose root mean square is `level` times theirs, turned down together where
    they would pass full scale."""
    factor = level * (max(power(samples), 1 / STEPS**2) / max(power(noise), 1e-20)) ** 0.5
    both = samples + noise * np.float32(factor)
    peak = max(float(both.max()), -float(both.min()))
    return both if peak < 1 else both * np.float32((1 - 1 / STEPS) / peak)


def fitted(other: Sound, sound: Sound) -> np.ndarray:
    """Samples of another sound at this one's rate, in as many channels."""
    samples = other.samples
    if other.rate != sound.rate:
        samples = soxr.resample(samples, other.rate, sound.rate, "HQ")
    channels = sound.samples.shape[1]
    if samples.shape[1] != channels:
        samples = np.repeat(samples.mean(1, keepdims=True), channels, 1)
    return np.asarray(samples, np.float32)
