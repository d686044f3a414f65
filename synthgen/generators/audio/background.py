"""Lay a sound over a recorded background."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.contract import Effect
from synthgen.errors import RecipeError
from synthgen.generator import GIVEN, Generator, Interval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.sound_backgrounds import Backgrounds


class Background(Generator):
    """The sound over a stretch of one of the recordings in a folder.

    Payload: a sound, as long as before; turned down where it would pass full scale. Label: kept, as long as the sound
    is heard through the background, and the background, where a scene is the label, doesn't tell another.
    Source: Snyder et al. 2015 (MUSAN); Ko et al. 2017 (data augmentation of reverberant speech), section 2.
    """

    modality: ClassVar[str] = "audio"
    carries: ClassVar[frozenset[str]] = frozenset({"transcript", "alignment"})

    noises: str = ""
    """A folder of recordings (WAV, FLAC, OGG, MP3, also in folders), resampled to each sound's rate. Its content is
    part of what a sample is made from."""
    snr_db_range: Interval = (5.0, 25.0)
    """By how much the sound's mean power lies above that of the background."""

    def identity(self) -> dict[str, Any]:
        return super().identity() | {"noises": GIVEN}

    def given_model(self) -> Path | None:
        folder = Path(self.noises).expanduser()
        if not self.noises or not folder.is_dir():
            raise RecipeError(
                f"audio/background needs a folder of recordings, and {self.noises!r} is none: write noises = "
                '"FOLDER" in its [[generate]] entry.'
            )
        return folder

    def compute(self, device: str) -> dict[str, Any]:
        return {}  # plain arithmetic, but on recordings that must be loaded

    def load(self, folder: Path | None, device: str) -> Backgrounds:
        from synthgen.models.sound_backgrounds import Backgrounds

        return Backgrounds(folder or Path(self.noises))

    def effects(self) -> tuple[Effect, ...]:
        low, high = (10 ** (-snr / 20) for snr in self.snr_db_range[::-1])
        return (Effect("background", low, high, free=(0, 0.6), unit="of the sound's level"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        (effect,) = self.effects()
        bounds = job.bounds.get("background", (effect.low, effect.high))
        low, high = (math.log(max(end, 1e-6)) for end in bounds)
        level = min(max(math.exp(rng.uniform(low, high)), bounds[0]), bounds[1])
        return {"level": level, "which": float(rng.random()), "place": float(rng.random())}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"background": draw["level"]}

    def make(self, batch: Sequence[Work], model: Backgrounds) -> list[Made | Failed]:
        from synthgen.models.sound import rounded
        from synthgen.models.sound_noise import mixed

        made: list[Made | Failed] = []
        for work in batch:
            parent = work.parents[0]
            sound, draw = parent.payload, work.draw
            noise = model.stretch(draw["which"], draw["place"], sound)
            samples = mixed(sound.samples, noise, draw["level"])
            made.append(Made(rounded(samples, sound.rate), None, parent.annotations))
        return made


PLUGIN = Background
