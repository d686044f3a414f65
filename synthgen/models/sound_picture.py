"""Sounds as pictures: the wave above its spectrogram; and what a page plays."""

from __future__ import annotations

import io

import numpy as np
import soxr
from PIL import Image as Pictures

from synthgen.models.sound import Sound, rounded
from synthgen.models.sound_features import log_mel, pooled
from synthgen.models.sound_file import encoded

LONGEST_PLAYED_S = 10.0
MOST_PLAYED_HZ = 16_000
RANGE_DB = 70.0
INK, PAPER = np.array([[37, 78, 140], [250, 250, 248]], np.uint8)
COLOURS = np.array(
    [[0, 0, 4], [40, 11, 84], [101, 21, 110], [159, 42, 99], [212, 72, 66], [245, 125, 21], [250, 193, 39],
     [252, 255, 164]], np.float32,
)  # fmt: skip
"""Dark to light, near matplotlib's inferno."""


def picture(sound: Sound, size_px: int) -> bytes:
    """Wave and spectrogram, 50 Hz to 8 kHz at most, as one JPEG of size_px by size_px."""
    above = max(1, size_px // 3)
    below = max(1, size_px - above)
    sheet = np.concatenate([_wave(sound, size_px, above), _spectrogram(sound, size_px, below)])[:size_px]
    to = io.BytesIO()
    Pictures.fromarray(sheet).save(to, "JPEG", quality=80)
    return to.getvalue()


def _wave(sound: Sound, width: int, height: int) -> np.ndarray:
    """How far it reaches up and down in each column, against the loudest: uint8 (height, width, 3)."""
    wave = sound.mono
    edges = np.linspace(0, len(wave), width + 1)
    first = np.minimum(edges[:-1].astype(int), len(wave) - 1)
    low, high = np.minimum.reduceat(wave, first), np.maximum.reduceat(wave, first)
    scale = max(float(np.abs(wave).max()), 1e-4)
    rows = np.linspace(1, -1, height)[:, None] if height > 1 else np.zeros((1, 1))
    slack = 1 / height
    inside = (rows <= high / scale + slack) & (rows >= low / scale - slack)
    return np.asarray(np.where(inside[..., None], INK, PAPER), np.uint8)


def _spectrogram(sound: Sound, width: int, height: int) -> np.ndarray:
    """Levels from low (below) to high (above), against the loudest: uint8 (height, width, 3)."""
    bands = max(2, min(height, 64))
    levels = pooled(log_mel(sound, bands, 50.0, min(8000.0, max(200.0, sound.rate / 2))), width)
    light = np.clip(1 + (levels - levels.max()) / RANGE_DB, 0, 1).T[::-1]
    light = light[np.arange(height) * bands // height]
    at = light * (len(COLOURS) - 1)
    lower = np.minimum(at.astype(int), len(COLOURS) - 2)
    share = (at - lower)[..., None]
    mixed = COLOURS[lower] * (1 - share) + COLOURS[lower + 1] * share
    return np.asarray(np.rint(mixed), np.uint8)


def played(sound: Sound) -> tuple[str, bytes]:
    """Its first ten seconds, at 16 kHz at most, in one channel, as FLAC."""
    wave = sound.mono[: max(1, round(LONGEST_PLAYED_S * sound.rate))]
    rate = min(sound.rate, MOST_PLAYED_HZ)
    if rate != sound.rate:
        wave = soxr.resample(wave, sound.rate, rate, "HQ")
    return "audio/flac", encoded(rounded(wave, rate), {})
