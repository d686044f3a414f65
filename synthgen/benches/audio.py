"""What changing sounds costs, beside audiomentations."""

from __future__ import annotations

import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from synthgen import registry
from synthgen.bench import Bench, Figures
from synthgen.sample import Job, Sample, Work
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    import numpy as np


class Pair(NamedTuple):
    """A generator with its settings, and the class of audiomentations that does the like, with its own."""

    generator: str
    settings: dict[str, Any]
    peer: str
    peer_settings: dict[str, Any]
    peer_is_slow: bool = False
    """It gets a sixteenth of the sounds."""


class Audio(Bench):
    """Sounds a second of CPU time, on one core, each operation beside its peer in the same run.

    Of ours counts that each sound has random numbers of its own and comes out on the steps of 16 bit, a tenth of a
    millisecond: so a mere factor or shift of samples takes longer than the peer. Of the peer each call counts.
    """

    sounds: int = 32
    """In a batch."""
    seconds: float = 2.0
    rate: int = 16_000
    repeats: int = 7
    """Of each batch, the peer's between ours; medians are told."""

    def run(self) -> Figures:
        import numpy as np

        with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            waves = [_wave(i, round(self.seconds * self.rate), self.rate) for i in range(self.sounds)]
            _write_noise(Path(folder), self.rate)
            rows = [self._row(pair, waves) for pair in _pairs(Path(folder))]
        ratios = [row["times the peer"] for row in rows]
        rows.append({"what": "median of all", "times the peer": round(float(np.median(ratios)), 1)})
        title = f"{self.sounds} sounds of {self.seconds:g} s at {self.rate:,} Hz in a batch"
        return Figures(f"{title}: sounds a second of one core", rows)

    def _row(self, pair: Pair, waves: Sequence[np.ndarray]) -> dict[str, Any]:
        few = waves[: max(1, len(waves) // 16)] if pair.peer_is_slow else waves
        ours, theirs = self._ours(pair, waves), self._theirs(pair, few)
        times: tuple[list[float], list[float]] = ([], [])
        for one in (ours, theirs):
            one(0)
        for turn in range(1, self.repeats + 1):
            for one, kept in zip((ours, theirs), times, strict=True):
                began = time.process_time()
                one(turn)
                kept.append(max(time.process_time() - began, 1e-6))
        rate, peer = (
            n / statistics.median(kept) for n, kept in zip((len(waves), len(few)), times, strict=True)
        )
        return {
            "what": pair.generator,
            "a second": round(rate),
            "peer": pair.peer,
            "peer a second": round(peer),
            "times the peer": round(rate / peer, 2),
        }

    def _ours(self, pair: Pair, waves: Sequence[np.ndarray]) -> Callable[[int], None]:
        from synthgen.models.sound import rounded

        generator = registry.find("generators", pair.generator)(**pair.settings)
        sounds = [rounded(wave, self.rate) for wave in waves]
        samples = [Sample(str(i), "audio", "a", lambda s=s: s) for i, s in enumerate(sounds)]  # type: ignore[misc]
        model = generator.load(generator.given_model(), "cpu")

        def batch(turn: int) -> None:
            works = []
            for i, sample in enumerate(samples):
                job = Job(0, "a", i, (sample.id,), {}, turn)
                works.append(Work(job, (sample,), generator.draw(job, (sample,), numpy_rng(turn, i))))
            generator.make(works, model)

        return batch

    def _theirs(self, pair: Pair, waves: Sequence[np.ndarray]) -> Callable[[int], None]:
        import audiomentations

        augment = getattr(audiomentations, pair.peer)(p=1.0, **pair.peer_settings)

        def batch(turn: int) -> None:
            for wave in waves:
                augment(wave, sample_rate=self.rate)

        return batch


def _pairs(folder: Path) -> list[Pair]:
    noises = str(folder)
    return [
        Pair("audio/gain", {}, "Gain", {}),
        Pair("audio/shift", {"fill": "silence"}, "Shift", {"rollover": False}),
        Pair("audio/noise", {}, "AddGaussianSNR", {"min_snr_db": 10.0, "max_snr_db": 35.0}),
        Pair(
            "audio/noise", {"colour": "pink"}, "AddColorNoise", {"min_f_decay": -3.01, "max_f_decay": -3.01}
        ),
        Pair("audio/background", {"noises": noises}, "AddBackgroundNoise", {"sounds_path": noises}),
        Pair(
            "audio/band_pass",
            {},
            "BandPassFilter",
            {"min_rolloff": 24, "max_rolloff": 24, "zero_phase": True},
        ),
        Pair("audio/band_pass", {"order": 2}, "BandPassFilter", {"min_rolloff": 12, "max_rolloff": 12}),
        Pair("audio/stretch", {}, "TimeStretch", {"leave_length_unchanged": False}),
        Pair("audio/pitch", {}, "PitchShift", {"min_semitones": -2.0, "max_semitones": 2.0}),
        Pair("audio/speed", {}, "Resample", {"min_sample_rate": 14_400, "max_sample_rate": 17_800}),
        Pair("audio/clip", {}, "ClippingDistortion", {"max_percentile_threshold": 5}),
        Pair("audio/room", {"rooms": 4}, "RoomSimulator", {"max_order": 3}, peer_is_slow=True),
    ]


def _wave(i: int, n: int, rate: int) -> np.ndarray:
    """Bursts of a note over a little noise, float32 (n,)."""
    import numpy as np

    rng, t = numpy_rng("bench sound", i), np.arange(n) / rate
    loud = np.clip(np.sin(2 * np.pi * rng.uniform(2, 5) * t), 0, 1)
    wave = sum(np.sin(2 * np.pi * k * rng.uniform(110, 300) * t) / k for k in (1, 2, 3))
    return np.asarray(0.25 * loud * wave + 0.003 * rng.standard_normal(n), np.float32)


def _write_noise(folder: Path, rate: int) -> None:
    import soundfile

    for i in range(4):
        soundfile.write(
            folder / f"{i}.wav", 0.1 * numpy_rng("bench noise", i).standard_normal(5 * rate), rate
        )


PLUGIN = Audio
