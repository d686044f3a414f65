"""Sound files: 16-bit FLAC that repeats, and whatever libsndfile reads, with limits.

Source: RFC 9639 (FLAC), section 8; Xiph.Org, Vorbis comment metadata.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import soundfile
import soxr

from synthgen.errors import UnreadableItem
from synthgen.models.sound import STEPS, Sound, rounded

Stereo = Literal["mix", "left", "right", "keep"]
FORMATS = {"WAV", "WAVEX", "RF64", "W64", "FLAC", "OGG", "MP3"}
COMMENT = 4
"""The number of FLAC's block of comments."""
VENDOR = b"synthgen"
MOST_CHANNELS = 8
BLOCK = 1 << 16
MOST_CUT_OFF = 0.01
"""Share of the samples that may lie beyond full scale: coders overshoot a little."""


class Limits(NamedTuple):
    """Up to where a file is read."""

    seconds: float = 600.0
    rate: int = 384_000
    channels: int = MOST_CHANNELS


def encoded(sound: Sound, marker: Mapping[str, str]) -> bytes:
    """The sound as 16-bit FLAC, what the marker says in its comments. The same sound, the same bytes."""
    to = io.BytesIO()
    steps = np.rint(sound.samples * STEPS).astype(np.int16)
    soundfile.write(to, steps, sound.rate, format="FLAC", subtype="PCM_16")
    data = to.getvalue()
    blocks, frames = _blocks(data)
    kept = [(kind, body) for kind, body in blocks if kind != COMMENT]
    said = [f"{key}={value}".encode() for key, value in marker.items()]
    vendor = struct.pack("<I", len(VENDOR)) + VENDOR + struct.pack("<I", len(said))
    kept.append((COMMENT, vendor + b"".join(struct.pack("<I", len(one)) + one for one in said)))
    head = b"".join(
        struct.pack(">I", (kind | 0x80 * (i == len(kept) - 1)) << 24 | len(body)) + body
        for i, (kind, body) in enumerate(kept)
    )
    return b"fLaC" + head + data[frames:]


def _blocks(data: bytes) -> tuple[list[tuple[int, bytes]], int]:
    """The kind and body of each block before the sound itself, and where that begins."""
    at, found, last = 4, list[tuple[int, bytes]](), False
    while not last:
        word = struct.unpack_from(">I", data, at)[0]
        last, kind, length = bool(word >> 31), word >> 24 & 0x7F, word & 0xFFFFFF
        found.append((kind, data[at + 4 : at + 4 + length]))
        at += 4 + length
    return found, at


def decoded(data: bytes) -> Sound:
    """The sound in the bytes that `encoded` gave. Raises ValueError where they hold none."""
    try:
        with soundfile.SoundFile(io.BytesIO(data)) as file:
            return rounded(file.read(dtype="float32", always_2d=True), file.samplerate)
    except (soundfile.LibsndfileError, TypeError) as error:
        raise ValueError(f"this is no sound file: {error}") from None


def glance(data: bytes, limits: Limits) -> None:
    """Read the header alone. Raises UnreadableItem where it promises nothing usable."""
    with _opened(data) as file:
        _refuse(file, data, limits)


def read(data: bytes, limits: Limits, rate: int | None = None, stereo: Stereo = "mix") -> Sound:
    """The sound in a file of any format, resampled where a rate is asked for. Raises UnreadableItem with the reason."""
    with _opened(data) as file:
        _refuse(file, data, limits)
        own, promised = file.samplerate, file.frames
        samples = _samples(file, int(limits.seconds * own))
    if len(samples) < promised:
        raise UnreadableItem(f"its header promises {promised:,} samples, but it holds {len(samples):,}")
    if not np.isfinite(samples).all():
        raise UnreadableItem("it holds samples that are no numbers (NaN or infinite)")
    samples = _channels(samples, stereo)
    if (beyond := float((np.abs(samples) > 1).mean())) > MOST_CUT_OFF:
        raise UnreadableItem(f"{beyond:.0%} of its samples lie beyond full scale: it would be cut off there")
    if rate is not None and rate != own:
        samples = soxr.resample(samples, own, rate, "HQ")
    sound = rounded(samples, rate or own)
    if len(sound.samples) == 0:
        raise UnreadableItem("it is too short: no sample is left at this rate")
    if (sound.samples == sound.samples[0]).all():
        raise UnreadableItem("it is silent: all of its samples are the same")
    return sound


def _opened(data: bytes) -> soundfile.SoundFile:
    try:
        return soundfile.SoundFile(io.BytesIO(data))
    except (soundfile.LibsndfileError, TypeError, ValueError) as error:
        raise UnreadableItem(f"it is damaged or no sound: {error}") from None


def _refuse(file: soundfile.SoundFile, data: bytes, limits: Limits) -> None:
    """Raises UnreadableItem where the header shows that the file can't be used, or lies."""
    if file.format not in FORMATS:
        raise UnreadableItem(f"it is {file.format}, where WAV, FLAC, OGG and MP3 are read")
    if file.frames == 0:
        raise UnreadableItem("it holds no sample")
    if not 1 <= file.samplerate <= limits.rate:
        raise UnreadableItem(f"its header says {file.samplerate:,} samples a second, at most {limits.rate:,}")
    if file.channels > limits.channels:
        raise UnreadableItem(f"it has {file.channels} channels, at most {limits.channels} are read")
    if (seconds := file.frames / file.samplerate) > limits.seconds:
        raise UnreadableItem(f"it lasts {seconds:,.0f} s, longer than max_seconds = {limits.seconds:g}")
    if file.format in ("WAV", "WAVEX") and (missing := _missing(data)):
        raise UnreadableItem(f"its header promises {missing:,} bytes more than it holds")


def _missing(data: bytes) -> int:
    """How many bytes more the header of a WAV file promises for its samples than there are."""
    order = ">I" if data[:4] == b"RIFX" else "<I"
    at = 12
    while at + 8 <= len(data):
        kind, size = data[at : at + 4], struct.unpack_from(order, data, at + 4)[0]
        if kind == b"data":
            return max(0, at + 8 + int(size) - len(data))
        at += 8 + int(size) + int(size) % 2
    return 0


def _samples(file: soundfile.SoundFile, most: int) -> np.ndarray:
    """Samples (n, channels), one more than `most` at most, whatever the header says."""
    blocks, n = [], 0
    try:
        while n <= most:
            block = file.read(min(BLOCK, most + 1 - n), dtype="float32", always_2d=True)
            if not len(block):
                break
            blocks.append(block)
            n += len(block)
    except soundfile.LibsndfileError as error:
        raise UnreadableItem(f"it is damaged: {error}") from None
    if n > most:
        raise UnreadableItem("it lasts longer than its header says, and longer than max_seconds")
    if not n:
        raise UnreadableItem("it holds no sample")
    return np.concatenate(blocks)


def _channels(samples: np.ndarray, stereo: Stereo) -> np.ndarray:
    if stereo == "keep" or samples.shape[1] == 1:
        return samples
    if stereo == "mix":
        return np.asarray(samples.mean(1, keepdims=True), np.float32)
    return samples[:, :1] if stereo == "left" else samples[:, 1:2]
