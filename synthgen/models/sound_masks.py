"""Sounds changed on their spectrograms: parts hidden, time warped, and back to samples.

Source: Park et al. 2019 (SpecAugment), section 2; Laroche and Dolson 1999 (phase vocoder), section 2, for warped time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import fft

WINDOW_S = 0.032
Span = tuple[float, float]


def changed(
    samples: np.ndarray, rate: int, times: Sequence[Span], bands: Sequence[Span], middle: float, warped: float
) -> np.ndarray:
    """Samples (n, channels) with nothing in spans of time and of the mel scale to half the rate, all shares from 0 to
    1; what was at the share `middle` of the time is at `warped`."""
    width = max(8, 1 << round(np.log2(WINDOW_S * rate)))
    out = np.empty_like(samples)
    for i in range(samples.shape[1]):
        seen = _spectra(samples[:, i], width)
        if middle != warped:
            seen = _warped(seen, middle, warped, width)
        centres = (np.arange(len(seen)) * (width // 4) - width // 2) / max(1, len(samples))
        for first, end in times:
            seen[(centres >= first) & (centres < end)] = 0
        scale = np.log1p(np.arange(seen.shape[1]) * rate / width / 700) / np.log1p(rate / 2 / 700)
        for first, end in bands:
            seen[:, (scale >= first) & (scale < end)] = 0
        out[:, i] = _samples(seen, width, len(samples))
    return out


def _window(width: int) -> np.ndarray:
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(width) / width), np.float32)


def _spectra(wave: np.ndarray, width: int) -> np.ndarray:
    """Spectra (frames, width // 2 + 1), each a quarter of the width later than the one before."""
    hop = width // 4
    frames = -(-(len(wave) + width) // hop) + 1
    padded = np.zeros((frames - 1) * hop + width, np.float32)
    padded[width : width + len(wave)] = wave
    seen = np.lib.stride_tricks.sliding_window_view(padded, width)[::hop]
    return np.asarray(fft.rfft(seen * _window(width), axis=1))


def _samples(seen: np.ndarray, width: int, n: int) -> np.ndarray:
    """What overlaps and adds up to the spectra."""
    hop, window = width // 4, _window(width)
    frames = fft.irfft(seen, width, axis=1) * window
    out = np.zeros(((len(seen) - 1) * hop + width), np.float32)
    for i, frame in enumerate(frames):
        out[i * hop : i * hop + width] += frame
    return out[width : width + n] / np.float32(1.5)


def _warped(seen: np.ndarray, middle: float, warped: float, width: int) -> np.ndarray:
    """The spectra at other times: sizes from between two of them, phases that go on as they do there."""
    last = len(seen) - 1
    at = np.interp(np.arange(last + 1), [0, warped * last, last], [0, middle * last, last])
    left = np.minimum(at.astype(int), last - 1)
    part = (at - left)[:, None]
    size = np.abs(seen[left]) * (1 - part) + np.abs(seen[left + 1]) * part
    steps = np.angle(seen[left + 1] * np.conj(seen[left]))
    expected = 2 * np.pi * (width // 4) * np.arange(seen.shape[1]) / width
    forward = expected + np.angle(np.exp(1j * (steps - expected)))
    phase = np.angle(seen[0]) + np.concatenate([np.zeros((1, seen.shape[1])), np.cumsum(forward[:-1], 0)])
    return np.asarray(size * np.exp(1j * phase), np.complex64)
