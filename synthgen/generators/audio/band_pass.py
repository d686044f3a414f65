"""Leave only a band of a sound's frequencies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from synthgen.contract import Effect
from synthgen.generator import Generator, ordered
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

Cut = Annotated[float, Field(ge=0, lt=1)]
Order = Annotated[int, Field(ge=1, le=8)]


class BandPass(Generator):
    """The sound without its lowest and highest frequencies, as small loudspeakers and lines give it.

    Payload: a sound, as long as before. Label: kept, as long as no frequency that tells it is cut off.
    Source: Butterworth 1930 (the shape of the band); audiomentations' BandPassFilter.
    """

    modality: ClassVar[str] = "audio"
    carries: ClassVar[frozenset[str]] = frozenset({"transcript", "alignment"})

    cut_range: Annotated[tuple[Cut, Cut], AfterValidator(ordered)] = (0.1, 0.4)
    """Share of what is heard, from 0 to 8 kHz or half the rate on the mel scale, that is cut off at both ends together;
    how much of it below is drawn."""
    order: Order = 4
    """Outside the band the sound falls by 6 dB an octave for each."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("band", *self.cut_range, free=(0, 0.5), unit="of the mel scale"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        cut = float(rng.uniform(*job.bounds.get("band", self.cut_range)))
        return {"cut": cut, "below": float(rng.random())}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"band": draw["cut"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        from synthgen.models.sound import rounded, within
        from synthgen.models.sound_band import edges, passed

        made: list[Made | Failed] = []
        for work in batch:
            parent = work.parents[0]
            sound = parent.payload
            low, high = edges(work.draw["cut"], work.draw["below"], sound.rate)
            samples = within(passed(sound.samples, sound.rate, low, high, self.order), 1.0)
            made.append(Made(rounded(samples, sound.rate), None, parent.annotations))
        return made


PLUGIN = BandPass
