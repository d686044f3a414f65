"""Change brightness, contrast, saturation and hue, or take the colour away."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.contract import Effect
from synthgen.generator import Generator, Interval, RatioInterval, Share, ratio_in
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np


class Recolour(Generator):
    """The picture with other colours: one linear map of RGB, rounded once.

    Payload: uint8 (h, w, 3), size kept. Label: kept. Factors of 1 and a hue of 0 degrees change nothing.
    Source: Howard 2013 (some improvements on deep CNN image classification), section 2.2; hue in YIQ.
    """

    modality: ClassVar[str] = "image"

    brightness_range: RatioInterval = (0.8, 1.25)
    contrast_range: RatioInterval = (0.8, 1.25)
    saturation_range: RatioInterval = (0.7, 1.4)
    hue_range: Interval = (-5.0, 5.0)
    grey_share: Share = 0.0

    def effects(self) -> tuple[Effect, ...]:
        return (
            Effect("brightness", *self.brightness_range, neutral=1, free=(0.5, 2), unit="times"),
            Effect("contrast", *self.contrast_range, neutral=1, free=(0.5, 2), unit="times"),
            Effect("saturation", *self.saturation_range, neutral=1, free=(0.5, 2), unit="times"),
            Effect("hue", *self.hue_range, free=(-15, 15), unit="degrees"),
            Effect.on_off("grey", self.grey_share > 0),
        )

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        bounds = {
            effect.name: job.bounds.get(effect.name, (effect.low, effect.high)) for effect in self.effects()
        }
        draw: Draw = {name: ratio_in(bounds[name], rng) for name in ("brightness", "contrast", "saturation")}
        draw["hue"] = float(rng.uniform(*bounds["hue"]))
        grey = rng.random() < self.grey_share if bounds["grey"] == (0, 1) else bounds["grey"][0] == 1
        draw["grey"] = float(grey)
        return draw

    def applied(self, draw: Draw) -> dict[str, float]:
        return dict(draw)

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        import cv2

        from synthgen.models.picture_maps import colours

        cv2.setNumThreads(1)
        made: list[Made | Failed] = []
        for work in batch:
            picture = work.parents[0].payload
            made.append(Made(cv2.transform(picture, colours(work.draw, cv2.mean(picture)[:3]))))
        return made


PLUGIN = Recolour
