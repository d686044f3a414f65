"""Rooms: how they answer a click, simulated once for each, and made to fade in a time that is drawn."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy import fft

from synthgen.seeds import numpy_rng

NOMINAL_S = 0.7
"""Reverberation that rooms are simulated with, by Sabine; shorter ones come of it by a faster decay."""
LEAST_ABSORPTION = 0.1
ORDER = 45
"""Reflections that are followed: later ones are quieter than what is left after the drawn time."""


@lru_cache(256)
def impulse(bank: int, room: int, rate: int) -> tuple[np.ndarray, float]:
    """The answer (m,) of a room of a bank from the direct sound on, and its reverberation time in seconds.

    A box of 2 to 8 by 2 to 6 by 2.2 to 4 m; source and microphone are drawn, half a metre from the walls and from each
    other at least. Source: Allen and Berkley 1979 (image method), by pyroomacoustics.
    """
    import pyroomacoustics as pra

    rng = numpy_rng("rooms", bank, room)
    size = rng.uniform([2.5, 2.5, 2.2], [8, 6, 4])
    places = rng.uniform(0.5, size - 0.5, (64, 2, 3))
    source, microphone = next((a, b) for a, b in places if np.linalg.norm(a - b) > 0.5)
    walls = 2 * float(size[0] * size[1] + size[1] * size[2] + size[2] * size[0])
    absorption = max(LEAST_ABSORPTION, 0.161 * float(size.prod()) / (walls * NOMINAL_S))
    box = pra.ShoeBox(size, fs=rate, materials=pra.Material(absorption), max_order=ORDER)
    box.add_source(source)
    box.add_microphone(microphone)
    box.compute_rir()
    answer = np.asarray(box.rir[0][0], np.float32)
    direct = max(0, int(np.abs(answer).argmax()) - round(0.001 * rate))
    answer = answer[direct:]
    answer.flags.writeable = False
    return answer, reverberation(answer, rate)


def reverberation(answer: np.ndarray, rate: int) -> float:
    """Seconds in which it fades by 60 dB, from how it fades by 5 to 25.

    Source: Schroeder 1965 (backward integration); ISO 3382-1 (T20).
    """
    left = np.cumsum(answer[::-1].astype(np.float64) ** 2)[::-1]
    level = 10 * np.log10(np.maximum(left / left[0], 1e-12))
    first, last = (int(np.argmax(level < bound)) for bound in (-5, -25))
    if last - first < 2:
        return len(answer) / rate
    slope = np.polyfit(np.arange(first, last), level[first:last], 1)[0] * rate
    return float(-60 / slope)


def faded(answer: np.ndarray, own_s: float, wanted_s: float, rate: int) -> np.ndarray:
    """The answer as if it faded by 60 dB in the wanted time, cut where 60 dB are reached, of power 1."""
    rest = max(0.0, 1 / wanted_s - 1 / own_s)
    kept = answer[: max(2, round(1.2 * wanted_s * rate))]
    shaped = kept * np.exp(-np.log(1000) * rest * np.arange(len(kept)) / rate)
    return np.asarray(shaped / max(float(np.linalg.norm(shaped)), 1e-9), np.float32)


def heard_in(samples: np.ndarray, answer: np.ndarray) -> np.ndarray:
    """Samples (n + m - 1, channels) as they sound in a room that answers a click so (m,)."""
    n = len(samples) + len(answer) - 1
    size = int(fft.next_fast_len(n, real=True))
    room = fft.rfft(answer, size)
    out = np.empty((n, samples.shape[1]), np.float32)
    for i in range(samples.shape[1]):
        out[:, i] = fft.irfft(fft.rfft(samples[:, i], size) * room, size)[:n]
    return out
