"""Let a sound be heard in a room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from synthgen.contract import Effect
from synthgen.generator import Generator, ordered
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

Seconds = Annotated[float, Field(ge=0.05, le=0.7)]


class Room(Generator):
    """The sound with the echoes of a room: of one of a bank of simulated boxes, which fades in a drawn time.

    Payload: a sound, as long as before unless `tail` is kept, its level as before. Label: kept, as long as the room
    doesn't tell it. Source: Allen and Berkley 1979 (image method), by pyroomacoustics; Ko et al. 2017 (data
    augmentation of reverberant speech), section 2.
    """

    modality: ClassVar[str] = "audio"
    carries: ClassVar[frozenset[str]] = frozenset({"transcript", "alignment"})

    reverberation_s_range: Annotated[tuple[Seconds, Seconds], AfterValidator(ordered)] = (0.1, 0.5)
    """Time in which an echo fades by 60 dB."""
    rooms: Annotated[int, Field(ge=1, le=10_000)] = 24
    """In the bank; each is simulated when it is first used, in about a tenth of a second."""
    bank: int = 0
    """Seed of the bank: another one has other rooms."""
    tail: bool = False
    """Whether what is still heard after the sound's end is kept, so that it gets longer."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("reverberation", *self.reverberation_s_range, free=(0, 0.8), unit="seconds"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        time = float(rng.uniform(*job.bounds.get("reverberation", self.reverberation_s_range)))
        return {"room": int(rng.integers(self.rooms)), "reverberation": time}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"reverberation": draw["reverberation"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        from synthgen.models.sound import rounded, within
        from synthgen.models.sound_noise import power
        from synthgen.models.sound_rooms import faded, heard_in, impulse

        made: list[Made | Failed] = []
        for work in batch:
            parent = work.parents[0]
            sound = parent.payload
            answer, own = impulse(self.bank, work.draw["room"], sound.rate)
            echoed = heard_in(sound.samples, faded(answer, own, work.draw["reverberation"], sound.rate))
            echoed = echoed if self.tail else echoed[: len(sound.samples)]
            loud = (power(sound.samples) / max(power(echoed[: len(sound.samples)]), 1e-12)) ** 0.5
            made.append(Made(rounded(within(echoed, loud), sound.rate), None, parent.annotations))
        return made


PLUGIN = Room
