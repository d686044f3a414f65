"""What thieves and accidents do to sounds, for testing the filters that should notice."""

from __future__ import annotations

import io

import numpy as np
import soundfile
from scipy import signal

from synthgen.models.sound import STEPS, Sound, rounded

LENT = 0.6
"""Share of a sound, at least, that a thief takes."""
MP3_RATES = {8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000}


def again(sound: Sound, kind: str) -> Sound:
    """The sound as MP3 or OGG, and back."""
    to = io.BytesIO()
    subtype = {"MP3": "MPEG_LAYER_III", "OGG": "VORBIS"}[kind]
    soundfile.write(to, sound.samples, sound.rate, format=kind, subtype=subtype)
    to.seek(0)
    samples, rate = soundfile.read(to, dtype="float32", always_2d=True)
    return rounded(samples, rate)


def copies(sound: Sound, rng: np.random.Generator) -> dict[str, Sound]:
    """The same sound encoded again."""
    able = ["OGG", *(["MP3"] if sound.rate in MP3_RATES and sound.samples.shape[1] <= 2 else [])]
    return {"re-encoded": again(sound, able[int(rng.integers(len(able)))])}


def disguises(sound: Sound, rng: np.random.Generator) -> dict[str, Sound]:
    """The same sound at another level, later, cut out at an offset, or as a telephone passes it on."""
    return {
        "other gain": louder(sound, float(rng.uniform(-12, -3) if rng.random() < 0.5 else rng.uniform(3, 9))),
        "later": later(sound, rng),
        "cut at an offset": part(sound, rng),
        "cut, encoded again, other gain": again(louder(part(sound, rng), float(rng.uniform(-9, -3))), "OGG"),
        "telephone": telephone(sound),
    }


def louder(sound: Sound, gain_db: float) -> Sound:
    """At another level, no louder than full scale."""
    most = 20 * np.log10(0.99 / max(float(np.abs(sound.samples).max()), 1 / STEPS))
    return rounded(sound.samples * np.float32(10 ** (min(gain_db, most) / 20)), sound.rate)


def later(sound: Sound, rng: np.random.Generator) -> Sound:
    """It begins up to a fifth of a second later, after silence."""
    before = int(rng.integers(1, max(2, round(0.2 * sound.rate))))
    return rounded(np.pad(sound.samples, ((before, 0), (0, 0))), sound.rate)


def part(sound: Sound, rng: np.random.Generator) -> Sound:
    """A stretch of it."""
    n = len(sound.samples)
    length = max(1, round(n * rng.uniform(LENT, 0.95)))
    first = int(rng.integers(n - length + 1))
    return rounded(sound.samples[first : first + length], sound.rate)


def telephone(sound: Sound) -> Sound:
    """300 to 3,400 Hz, 8 bit by the law that telephones use."""
    high = min(3400.0, 0.45 * sound.rate)
    band = signal.butter(3, [0.6 * min(500.0, high), high], "bandpass", fs=sound.rate, output="sos")
    passed = rounded(signal.sosfilt(band, sound.samples, axis=0), sound.rate)
    to = io.BytesIO()
    soundfile.write(to, passed.samples, sound.rate, format="WAV", subtype="ULAW")
    to.seek(0)
    return rounded(soundfile.read(to, dtype="float32", always_2d=True)[0], sound.rate)


def clipped(sound: Sound, rng: np.random.Generator) -> Sound:
    """So loud that a good part of it is cut off at full scale."""
    most = max(float(np.abs(sound.samples).max()), 1 / STEPS)
    return rounded(sound.samples * np.float32(rng.uniform(4, 20) / most), sound.rate)


def drowned(sound: Sound, rng: np.random.Generator) -> Sound:
    """In white noise that is louder than itself."""
    level = float(np.sqrt(np.mean(sound.samples**2))) * 10 ** (rng.uniform(5, 15) / 20)
    noise = rng.standard_normal(sound.samples.shape, np.float32) * np.float32(level)
    mixed = sound.samples + noise
    return rounded(mixed * np.float32(min(1.0, 0.99 / np.abs(mixed).max())), sound.rate)


def silenced(sound: Sound) -> Sound:
    """As long, and nothing to be heard."""
    return rounded(np.zeros_like(sound.samples), sound.rate)


def oddities(rng: np.random.Generator) -> list[Sound]:
    """One sample; two; one step of 16 bit; a square wave of full scale; noise in stereo; at a high rate; at a very low
    one; a single click; a few seconds."""
    noise = rng.uniform(-1, 1, (9000, 2))
    click = np.zeros(2000)
    click[700] = 0.9
    return [
        rounded(np.array([0.5]), 8000),
        rounded(np.array([0.1, -0.1]), 16000),
        rounded(np.arange(3000) % 40 // 20 / STEPS, 8000),
        rounded(np.arange(4000) % 50 // 25 * 2.0 - 1, 8000),
        rounded(0.4 * noise, 22050),
        rounded(noise[:, 0], 192_000),
        rounded(noise[:300, 0], 50),
        rounded(click, 8000),
        rounded(0.3 * np.sin(np.arange(30_000) ** 1.5 / 1500), 8000),
    ]


def specimen(rng: np.random.Generator) -> Sound:
    """Two or three notes with overtones, one after another, and a little noise."""
    rate, pieces = 8000, []
    for _ in range(int(rng.integers(2, 4))):
        n = int(rng.integers(900, 1800))
        t, pitch = np.arange(n) / rate, rng.uniform(140, 900)
        wave = sum(rng.uniform(0.2, 1) * np.sin(2 * np.pi * k * pitch * t) / k for k in range(1, 5))
        pieces.append(wave * np.minimum(1, np.minimum(t / 0.01, t[::-1] / 0.05)))
    whole = np.concatenate(pieces)
    whole *= rng.uniform(0.2, 0.8) / np.abs(whole).max()
    return rounded(whole + 0.002 * rng.standard_normal(len(whole)), rate)
