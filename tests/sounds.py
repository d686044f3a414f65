"""Sounds whose every part is known, and samples of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from synthgen.contract import LabelContract
from synthgen.filter import Filter
from synthgen.modalities.audio import Audio
from synthgen.models.sound import Sound, rounded
from synthgen.sample import Candidate, Job, Sample, Verdict, Work
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


def speechlike(i: int = 0, seconds: float = 0.6, noise: float = 0.003) -> Sound:
    """Bursts of a note with pauses between them, over a little noise."""
    rng = numpy_rng("speechlike", i)
    t = np.arange(round(seconds * RATE)) / RATE
    loud = np.clip(np.sin(2 * np.pi * rng.uniform(3, 5) * t + rng.uniform(0, 6)), 0, 1) ** 2
    wave = sum(np.sin(2 * np.pi * k * rng.uniform(110, 300) * t) / k for k in (1, 2, 3))
    return rounded(rng.uniform(0.2, 0.4) * loud * wave + noise * rng.standard_normal(len(t)), RATE)


class Fit:
    """A filter that was fitted on speechlike sounds, with what it said about that."""

    def __init__(self, one: Filter, folder: Path) -> None:
        train = [sample(speechlike(i), "ab"[i % 2], f"p{i}") for i in range(20)]
        self.filter, self.modality = one, Audio()
        self.facts = one.fit(self.modality, train, None, LabelContract(), folder, 0, lambda *_: None)
        self.model = one.load(self.modality, folder, "cpu")

    def judge(self, sound: Sound, label: str | None = "a") -> Verdict:
        return self.filter.score(self.modality, [Candidate(sound, label)], self.model)[0]
