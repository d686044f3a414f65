"""Sounds after a coder: MP3, and what a telephone passes on."""

from __future__ import annotations

import io

import numpy as np
import soundfile
import soxr

from synthgen.models.sound import Sound
from synthgen.models.sound_band import passed

MP3_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
TELEPHONE_HZ = 8000
BAND_HZ = (300.0, 3400.0)
MOST_STRENGTH = 0.99
"""More is an error of LAME."""
LAWS = ("ULAW", "ALAW", "GSM610")


def mp3(sound: Sound, strength: float) -> np.ndarray:
    """Samples (n, channels) after MP3 of constant bit rate; `strength` 0 takes the most bits, 1 the fewest."""
    rate = min((r for r in MP3_RATES if r >= sound.rate), default=MP3_RATES[-1])
    mixed = sound.samples[:, :2] if sound.samples.shape[1] > 2 else sound.samples
    coded = _through(_at(mixed, sound.rate, rate), rate, "MP3", "MPEG_LAYER_III", strength)
    out = _fitted(_at(coded, rate, sound.rate), len(sound.samples))
    return out if out.shape[1] == sound.samples.shape[1] else np.repeat(out[:, :1], sound.samples.shape[1], 1)


def telephone(sound: Sound, law: str) -> np.ndarray:
    """Samples (n, channels) after 300 to 3,400 Hz at 8 kHz, coded by a law of LAWS: G.711's two, or GSM 06.10.

    Each channel is a line of its own.
    """
    lines = []
    for line in sound.samples.T:
        narrow = _at(line[:, None], sound.rate, TELEPHONE_HZ)
        coded = _through(passed(narrow, TELEPHONE_HZ, *BAND_HZ, order=6), TELEPHONE_HZ, "WAV", law)
        lines.append(_fitted(_at(coded, TELEPHONE_HZ, sound.rate), len(sound.samples)))
    return np.concatenate(lines, 1)


def _through(
    samples: np.ndarray, rate: int, kind: str, subtype: str, strength: float | None = None
) -> np.ndarray:
    to = io.BytesIO()
    how = (
        {}
        if strength is None
        else {"compression_level": min(strength, MOST_STRENGTH), "bitrate_mode": "CONSTANT"}
    )
    soundfile.write(to, samples, rate, format=kind, subtype=subtype, **how)
    to.seek(0)
    return np.asarray(soundfile.read(to, dtype="float32", always_2d=True)[0], np.float32)


def _at(samples: np.ndarray, rate: int, other: int) -> np.ndarray:
    return samples if rate == other else np.asarray(soxr.resample(samples, rate, other, "HQ"), np.float32)


def _fitted(samples: np.ndarray, n: int) -> np.ndarray:
    """The first `n` samples, silence after the last."""
    kept = np.zeros((n, samples.shape[1]), np.float32)
    kept[: len(samples)] = samples[:n]
    return kept
