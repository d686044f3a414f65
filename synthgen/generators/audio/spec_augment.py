"""Hide parts of a sound's spectrogram, and warp its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from synthgen.contract import Effect
from synthgen.generator import Generator, ordered
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

Hidden = Annotated[float, Field(ge=0, le=0.5)]
Warp = Annotated[float, Field(ge=-0.3, le=0.3)]
HiddenInterval = Annotated[tuple[Hidden, Hidden], AfterValidator(ordered)]


class SpecAugment(Generator):
    """The sound with moments and bands missing and its first part stretched over more or less of its time, as samples:
    spectra keep their phases, or go on in phase where time is warped.

    Payload: a sound, as long as before. Label: kept, as long as what tells it is not hidden. An alignment is warped
    with it. Source: Park et al. 2019 (SpecAugment), section 2.
    """

    modality: ClassVar[str] = "audio"
    carries: ClassVar[frozenset[str]] = frozenset({"transcript", "alignment"})

    hidden_time_range: HiddenInterval = (0.0, 0.12)
    """Share of the time that is hidden, of all masks together."""
    hidden_bands_range: HiddenInterval = (0.05, 0.2)
    """Share of the mel scale up to half the rate."""
    warp_range: Annotated[tuple[Warp, Warp], AfterValidator(ordered)] = (-0.08, 0.08)
    """Of the time, by which a moment near the middle comes later."""
    masks: Annotated[int, Field(ge=1, le=8)] = 2
    """Of each kind, equally wide."""

    def effects(self) -> tuple[Effect, ...]:
        return (
            Effect("mask_time", *self.hidden_time_range, free=(0, 0.25), unit="of the time"),
            Effect("mask_bands", *self.hidden_bands_range, free=(0, 0.25), unit="of the mel scale"),
            Effect("warp_time", *self.warp_range, free=(-0.15, 0.15), unit="of the time"),
        )

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        drawn: Draw = {
            e.name: float(rng.uniform(*job.bounds.get(e.name, (e.low, e.high)))) for e in self.effects()
        }
        middle = float(rng.uniform(0.4, 0.6))
        return {**drawn, "middle": middle, "places": rng.random((2, self.masks)).tolist()}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {effect.name: draw[effect.name] for effect in self.effects()}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        from synthgen.models import alignment
        from synthgen.models.sound import rounded, within
        from synthgen.models.sound_masks import changed

        made: list[Made | Failed] = []
        for work in batch:
            parent, draw = work.parents[0], work.draw
            sound = parent.payload
            middle, warped = draw["middle"], draw["middle"] + draw["warp_time"]
            times, bands = (
                _spans(draw[e], draw["places"][i]) for i, e in enumerate(("mask_time", "mask_bands"))
            )
            samples = within(changed(sound.samples, sound.rate, times, bands, middle, warped), 1.0)
            said = alignment.warped(parent.annotations, sound.seconds, middle, warped)
            made.append(Made(rounded(samples, sound.rate), None, said))
        return made


def _spans(hidden: float, places: Sequence[float]) -> list[tuple[float, float]]:
    """Masks that are `hidden` wide together, in the parts into which their number divides the whole."""
    n, width = len(places), hidden / len(places)
    return [
        (i / n + place * (1 / n - width), i / n + place * (1 / n - width) + width)
        for i, place in enumerate(places)
    ]


PLUGIN = SpecAugment
