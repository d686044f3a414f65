"""What is left of a sound between two frequencies."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import fft

MOST_HZ = 8000.0
"""Up to where a band is counted: little of what labels tell lies higher."""
ROUND_S = 0.016
"""Silence behind the sound, so that what rings at its end doesn't come in at its beginning."""


def edges(cut: float, side: float, rate: int) -> tuple[float, float]:
    """Lowest and highest frequency when a share `cut` of the mel scale is cut off, `side` of that below the band."""
    top = _mel(min(MOST_HZ, rate / 2))
    return _hertz(cut * side * top), _hertz(top * (1 - cut * (1 - side)))


def passed(samples: np.ndarray, rate: int, low_hz: float, high_hz: float, order: int) -> np.ndarray:
    """Samples (n, channels) with what lies outside of the band falling by 6 dB an octave and order, without delay.

    A band that reaches to 0, or half the rate, is open there. Source: Butterworth 1930 (filter amplifiers), the size
    of whose response is applied here in both directions at once.
    """
    n = len(samples)
    size = _fast(n + round(ROUND_S * rate))
    response = np.ones(size // 2 + 1, np.float32)
    if low_hz > 0:
        response *= _over(_grid(size, rate), low_hz, order)
    if high_hz < rate / 2:
        response *= 1 - _over(_grid(size, rate), high_hz, order)
    np.sqrt(response, out=response)
    out = np.empty_like(samples)
    for i in range(samples.shape[1]):
        spectrum = fft.rfft(samples[:, i], size)
        spectrum *= response
        out[:, i] = fft.irfft(spectrum, size)[:n]
    return out


@lru_cache(256)
def _fast(size: int) -> int:
    return 2 * int(fft.next_fast_len((size + 1) // 2, real=True))


@lru_cache(32)
def _grid(size: int, rate: int) -> np.ndarray:
    """Squared frequencies of a spectrum, in kHz^2 so that their powers stay in range."""
    return np.asarray((np.arange(size // 2 + 1) * rate / size / 1000) ** 2, np.float32)


def _over(squares: np.ndarray, hertz: float, order: int) -> np.ndarray:
    """The power that a high-pass lets through: x^2n / (1 + x^2n)."""
    x = squares * np.float32(1e6 / hertz**2)
    power = x.copy()
    for _ in range(order - 1):
        power *= x
    np.minimum(power, np.float32(1e12), out=power)
    return np.asarray(power / (1 + power), np.float32)


def _mel(hertz: float) -> float:
    return float(1127 * np.log1p(hertz / 700))


def _hertz(mel: float) -> float:
    return float(700 * np.expm1(mel / 1127))
