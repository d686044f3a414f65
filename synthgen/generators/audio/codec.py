"""Pass a sound through a coder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from synthgen.contract import Effect
from synthgen.generator import Generator, ShareInterval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np


class Codec(Generator):
    """The sound after MP3 of few bits, or over a telephone: 300 to 3,400 Hz, coded by G.711 or GSM 06.10.

    Payload: a sound, as long as before, at its own rate. Label: kept, as long as no high frequencies tell it.
    Source: ITU-T G.711; ETSI GSM 06.10; ISO/IEC 11172-3; audiomentations' Mp3Compression.
    """

    modality: ClassVar[str] = "audio"
    carries: ClassVar[frozenset[str]] = frozenset({"transcript", "alignment"})

    kinds: Annotated[tuple[Literal["mp3", "telephone"], ...], Field(min_length=1)] = ("mp3", "telephone")
    strength_range: ShareInterval = (0.6, 0.95)
    """Of MP3: from the most bits, 0, to the fewest, 1."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("codec", 1.0, 1.0, switch=True),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        from synthgen.models.sound_codec import LAWS

        kind = self.kinds[int(rng.integers(len(self.kinds)))]
        strength, law = float(rng.uniform(*self.strength_range)), LAWS[int(rng.integers(len(LAWS)))]
        done = job.bounds.get("codec", (1.0, 1.0))[1]
        return {"codec": done, "kind": kind, "how": strength if kind == "mp3" else law}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"codec": draw["codec"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        from synthgen.models import sound_codec
        from synthgen.models.sound import rounded, within

        made: list[Made | Failed] = []
        for work in batch:
            parent, how = work.parents[0], work.draw["how"]
            if not work.draw["codec"]:
                made.append(Made(parent.payload, None, parent.annotations))
                continue
            apply = sound_codec.mp3 if work.draw["kind"] == "mp3" else sound_codec.telephone
            samples = within(apply(parent.payload, how), 1.0)
            made.append(Made(rounded(samples, parent.payload.rate), None, parent.annotations))
        return made


PLUGIN = Codec
