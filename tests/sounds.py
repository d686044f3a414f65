"""Sounds whose every part is known, and samples of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from synthgen.models.sound import Sound, rounded
from synthgen.sample import Job, Sample, Work
from synthgen.seeds import numpy_rng

RATE = 8000


def tone(hertz: float = 440.0, seconds: float = 0.5, level: float = 0.4, rate: int = RATE) -> Sound:
    """A sine from its beginning to its end."""
    t = np.arange(round(seconds * rate)) / rate
    return rounded(level * np.sin(2 * np.pi * hertz * t), rate)


def sample(sound: Sound, label: str = "a", name: str = "p", **said: Any) -> Sample:
    return Sample(name, "audio", label, lambda: sound, annotations=said)


def drawn(generator: Any, parents: tuple[Sample, ...], i: int = 0, bounds: dict | None = None) -> dict:
    job = Job(0, "a", i, tuple(p.id for p in parents), bounds or {}, 0)
    return generator.draw(job, parents, numpy_rng("test", i))


def made(generator: Any, parents: tuple[Sample, ...], draw: dict, model: Any = None) -> Any:
    job = Job(0, "a", 0, tuple(p.id for p in parents), {}, 0)
    return generator.make([Work(job, parents, draw)], model)[0]


def level_db(samples: np.ndarray) -> float:
    """Root mean square, against full scale."""
    return float(10 * np.log10(np.mean(np.asarray(samples, np.float64) ** 2)))


def loudest_hz(sound: Sound) -> float:
    """Where its spectrum is highest."""
    wave = sound.samples[:, 0] * np.hanning(len(sound.samples))
    spectrum = np.abs(np.fft.rfft(wave, 8 * len(wave)))
    return float(spectrum.argmax() * sound.rate / (8 * len(wave)))
