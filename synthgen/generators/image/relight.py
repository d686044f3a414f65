"""Put a picture under another light and another lens: shade, gamma, colour temperature, blur and sensor noise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.contract import Effect
from synthgen.generator import Generator, Interval, RatioInterval, Share, ShareInterval, ratio_in
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    import numpy as np

LEAST_SIGMA_PX = 0.2
"""A narrower blur changes no grey level."""


class Relight(Generator):
    """The picture as if taken in another light: brighter on one side, with other mid-tones and another white.

    Payload: uint8 (h, w, 3), size kept. Label: kept. Shade is how many times brighter the lightest edge becomes than
    the middle, temperature the share by which red rises and blue falls, blur the standard deviation as a share of the
    longer side, noise a standard deviation in grey levels. Source: Buslaev et al. 2020 (Albumentations), section 2;
    the order is that of a camera (Hendrycks and Dietterich 2019, appendix B: light, optics, sensor).
    """

    modality: ClassVar[str] = "image"

    shade_range: RatioInterval = (1.0, 1.5)
    gamma_range: RatioInterval = (0.7, 1.4)
    temperature_range: Interval = (-0.1, 0.1)
    blur_range: ShareInterval = (0.0, 0.01)
    noise_range: Interval = (0.0, 5.0)
    blurred_share: Share = 0.3

    def effects(self) -> tuple[Effect, ...]:
        blur = self.blur_range if self.blurred_share else (0.0, 0.0)
        return (
            Effect("shade", *self.shade_range, neutral=1, free=(0.5, 2), unit="times"),
            Effect("gamma", *self.gamma_range, neutral=1, free=(0.5, 2)),
            Effect("temperature", *self.temperature_range, free=(-0.15, 0.15), unit="of red and blue"),
            Effect("blur", min(0.0, blur[0]), blur[1], free=(0, 0.015), unit="of the side"),
            Effect("noise", *self.noise_range, free=(0, 10), unit="grey levels"),
        )

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        bounds = {e.name: job.bounds.get(e.name, (e.low, e.high)) for e in self.effects()}
        draw: Draw = {name: ratio_in(bounds[name], rng) for name in ("shade", "gamma")}
        draw["from_degrees"] = float(rng.uniform(0, 360))
        for name in ("temperature", "blur", "noise"):
            draw[name] = float(rng.uniform(*bounds[name]))
        if rng.random() >= self.blurred_share:
            draw["blur"] = max(0.0, bounds["blur"][0])
        draw["noise_seed"] = int(rng.integers(2**53))
        return draw

    def applied(self, draw: Draw) -> dict[str, float]:
        return {name: draw[name] for name in ("shade", "gamma", "temperature", "blur", "noise")}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [Made(_relit(work.parents[0].payload, work.draw)) for work in batch]


def _relit(picture: np.ndarray, draw: Draw) -> np.ndarray:
    import cv2
    import numpy as np

    cv2.setNumThreads(1)
    height, width = picture.shape[:2]
    levels = np.arange(256, dtype=np.float32) / 255
    white = (1 + draw["temperature"], 1.0, 1 - draw["temperature"])
    table = np.stack([levels ** draw["gamma"] * gain for gain in white], 1).astype(np.float32)
    lit = cv2.LUT(picture, table[None])
    angle = math.radians(draw["from_degrees"])
    across = np.linspace(-1, 1, width, dtype=np.float32) * math.cos(angle)
    down = np.linspace(-1, 1, height, dtype=np.float32) * math.sin(angle)
    lit *= np.exp(math.log(draw["shade"]) * (across[None] + down[:, None]))[..., None]
    sigma = draw["blur"] * max(height, width)
    if sigma >= LEAST_SIGMA_PX:
        lit = cv2.GaussianBlur(lit, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
    if draw["noise"] > 0:
        rng = numpy_rng("relight", draw["noise_seed"])
        lit += rng.standard_normal(lit.shape, np.float32) * np.float32(draw["noise"] / 255)
    levels_back: np.ndarray = np.rint(np.clip(lit, 0, 1) * 255).astype(np.uint8)
    return levels_back


PLUGIN = Relight
