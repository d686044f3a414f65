"""Short signals of a few kinds, as birds and machines give them: drawn first, then sounded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synthgen.models.sound import Sound, rounded
from synthgen.seeds import numpy_rng


@dataclass(frozen=True, slots=True, eq=False)
class Signal:
    """One signal's choices: pitch in hertz, times in seconds, `bend` as a factor of the pitch."""

    kind: str
    pitch: float
    seconds: float
    before: float
    after: float
    bend: float
    beats: float
    overtones: np.ndarray
    level: float
    noise: float
    noise_seed: int


def drawn(kind: str, rng: np.random.Generator) -> Signal:
    """A signal with its pitch, times, colour and noise."""
    pitch = float(np.exp(rng.uniform(np.log(300), np.log(900))))
    seconds, before, after = rng.uniform([0.35, 0.02, 0.02], [0.7, 0.12, 0.12]).tolist()
    bend, beats, level, noise = rng.uniform([1.4, 8, 0.15, 0.002], [2.2, 14, 0.6, 0.01]).tolist()
    overtones = rng.uniform(0.05, 1, 4) / np.arange(1, 5)
    return Signal(
        kind, pitch, seconds, before, after, bend, beats, overtones, level, noise, int(rng.integers(2**31))
    )


def sounded(signal: Signal, rate: int) -> Sound:
    """The signal between two pauses, over its noise."""
    n = round(signal.seconds * rate)
    t = np.arange(n) / n
    wave = sum(size * np.sin(k * _phase(signal, t, n, rate)) for k, size in enumerate(signal.overtones, 1))
    wave = wave * _loud(signal, t)
    wave = wave * signal.level / max(float(np.abs(wave).max()), 1e-9)
    whole = np.pad(wave, (round(signal.before * rate), round(signal.after * rate)))
    noise = numpy_rng("signal noise", signal.noise_seed).standard_normal(len(whole))
    return rounded(whole + signal.noise * signal.level * noise, rate)


def _phase(signal: Signal, t: np.ndarray, n: int, rate: int) -> np.ndarray:
    bends = {
        "rise": signal.bend**t,
        "fall": signal.bend ** (-t),
        "siren": signal.bend ** (0.5 * np.sin(2 * np.pi * 2 * t)),
        "trill": np.where(np.sin(np.pi * signal.beats * t) > 0, 1.0, signal.bend**0.5),
    }
    hertz = signal.pitch * bends.get(signal.kind, np.ones(n))
    return np.asarray(2 * np.pi * np.cumsum(hertz) / rate)


def _loud(signal: Signal, t: np.ndarray) -> np.ndarray:
    edges = np.minimum(1, np.minimum(t / 0.04, (1 - t) / 0.1))
    if signal.kind == "pulse":
        return np.asarray(edges * np.clip(3 * np.sin(np.pi * signal.beats * t), 0, 1))
    if signal.kind == "bell":
        return np.asarray(edges * np.exp(-5 * t))
    return np.asarray(edges)
