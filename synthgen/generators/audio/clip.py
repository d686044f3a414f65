"""Cut off the peaks of a sound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from synthgen.contract import Effect
from synthgen.generator import Generator, ordered
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

Cut = Annotated[float, Field(ge=0, le=0.5)]


class Clip(Generator):
    """The sound as an amplifier gives it that is driven too far: its peaks are flat.

    Payload: a sound, as long as before. Label: kept, as long as it is heard through the distortion.
    Source: audiomentations' ClippingDistortion.
    """

    modality: ClassVar[str] = "audio"
    carries: ClassVar[frozenset[str]] = frozenset({"transcript", "alignment"})

    clipped_range: Annotated[tuple[Cut, Cut], AfterValidator(ordered)] = (0.005, 0.05)
    """Share of the samples that are cut off."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("clip", *self.clipped_range, free=(0, 0.1), unit="of the samples"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        return {"clip": float(rng.uniform(*job.bounds.get("clip", self.clipped_range)))}

    def applied(self, draw: Draw) -> dict[str, float]:
        return dict(draw)

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        import numpy as np

        from synthgen.models.sound import rounded

        made: list[Made | Failed] = []
        for work in batch:
            parent = work.parents[0]
            sound = parent.payload
            size = np.abs(sound.samples).ravel()
            kept = min(len(size) - 1, int((1 - work.draw["clip"]) * len(size)))
            most = np.partition(size, kept)[kept]
            made.append(
                Made(rounded(np.clip(sound.samples, -most, most), sound.rate), None, parent.annotations)
            )
        return made


PLUGIN = Clip
