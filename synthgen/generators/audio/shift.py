"""Let a sound begin earlier or later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from synthgen.contract import Effect
from synthgen.generator import Generator, Interval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np


class Shift(Generator):
    """The sound moved along time.

    Payload: a sound; as long as before with `fill` silence or around, where what passes its end is lost or comes in at
    its beginning; longer with `fill` more, where nothing is lost. Label: kept, as long as what tells it stays inside.
    Source: Salamon and Bello 2017 (environmental sound classification), section 2; audiomentations' Shift.
    """

    modality: ClassVar[str] = "audio"
    carries: ClassVar[frozenset[str]] = frozenset({"transcript", "alignment"})

    shift_range: Interval = (-0.15, 0.15)
    """Of the sound's length; above 0 it begins later."""
    fill: Literal["more", "silence", "around"] = "more"

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("shift", *self.shift_range, free=(-0.2, 0.2), unit="of its length"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        return {"shift": float(rng.uniform(*job.bounds.get("shift", self.shift_range)))}

    def applied(self, draw: Draw) -> dict[str, float]:
        return dict(draw)

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [self._made(work.parents[0], work.draw["shift"]) for work in batch]

    def _made(self, parent: Sample, share: float) -> Made | Failed:
        import numpy as np

        from synthgen.models import alignment
        from synthgen.models.sound import rounded

        sound = parent.payload
        n = len(sound.samples)
        by = max(-n + 1, min(n - 1, round(share * n)))
        if self.fill == "around":
            moved = np.roll(sound.samples, by, axis=0)
        elif self.fill == "more":
            moved = np.pad(sound.samples, ((max(by, 0), max(-by, 0)), (0, 0)))
        else:
            moved = np.pad(sound.samples, ((max(by, 0), max(-by, 0)), (0, 0)))[max(-by, 0) :][:n]
        before = max(by, 0) if self.fill == "more" else by
        said = alignment.moved(
            parent.annotations, before / sound.rate, len(moved) / sound.rate, self.fill == "around"
        )
        return said if isinstance(said, Failed) else Made(rounded(moved, sound.rate), None, said)


PLUGIN = Shift
