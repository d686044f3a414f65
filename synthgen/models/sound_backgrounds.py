"""A folder of recordings, and stretches of them to lay below sounds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from synthgen.errors import ModelError, UnreadableItem
from synthgen.models import sound_file
from synthgen.models.sound import Sound
from synthgen.models.sound_file import Limits
from synthgen.models.sound_noise import fitted, power

SUFFIXES = {".wav", ".flac", ".ogg", ".opus", ".mp3"}
QUIET = 0.01
"""Of the recording's mean power, below which a stretch of it is not taken: it would be hiss, made loud."""
TRIES = 16


class Backgrounds:
    """The recordings of a folder, in the order of their names; each is held in one channel at each rate asked for."""

    def __init__(self, folder: Path) -> None:
        places = sorted(
            (p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file()),
            key=lambda p: p.relative_to(folder).as_posix(),
        )
        if not places:
            raise ModelError(
                f"{folder} holds no recording ({', '.join(sorted(SUFFIXES))}). Name another folder."
            )
        self._sounds = [_read(place) for place in places]
        self._held: dict[tuple[int, int], np.ndarray] = {}

    def __len__(self) -> int:
        return len(self._sounds)

    def stretch(self, which: float, place: float, sound: Sound) -> np.ndarray:
        """Samples of the sound's shape from a recording, both by shares from 0 to 1; a shorter one goes round."""
        i = min(int(which * len(self)), len(self) - 1)
        wave = self._at(i, sound)
        n = len(sound.samples)
        usual = power(wave)
        for turn in range(TRIES):
            start = int((place + turn / TRIES) % 1 * max(1, len(wave) - n + 1))
            part = np.take(wave, np.arange(start, start + n), mode="wrap")
            if power(part) >= QUIET * usual:
                break
        return np.repeat(part[:, None], sound.samples.shape[1], 1)

    def _at(self, i: int, sound: Sound) -> np.ndarray:
        key = (i, sound.rate)
        if key not in self._held:
            self._held[key] = fitted(self._sounds[i], Sound(np.zeros((1, 1), np.float32), sound.rate))[:, 0]
        return self._held[key]


def _read(place: Path) -> Sound:
    try:
        return sound_file.read(place.read_bytes(), Limits())
    except (UnreadableItem, OSError) as error:
        raise ModelError(
            f"the recording {place} can't be used: {error}. Take it out of the folder."
        ) from error
