"""Put a picture under the light and the colour cast of another one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from synthgen.contract import Effect
from synthgen.generator import Generator, Interval, Share, ShareInterval
from synthgen.models.resizing import resized
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

CHROMA = 40.0  # of a colour of middling strength, in Lab; hues are turned by moving its kind
COARSE_PX = 32  # light varies so slowly that its waves are taken from pictures of this side
MOST_CONTRAST = 2.0


class Restyle(Generator):
    """The picture in the light of a second one: its brightness, contrast, slow shading and colour cast.

    Payload: uint8 (h, w, 3), the first parent's size. Label: kept; the second parent, of any class, lends style only.
    `restyle` is the share of the way to the other's style. Contrast and shading are at most doubled or halved. Colours
    all move by the same step in Lab, no further than turns a colour of chroma 40 by the drawn hue: a contract that
    forbids `hue` leaves every colour's a and b as they are.
    Source: Reinhard et al. 2001 (color transfer between images); Yang and Soatto 2020 (Fourier domain adaptation),
    with amplitudes mixed after Xu et al. 2021, section 3.2.
    """

    modality: ClassVar[str] = "image"
    parents: ClassVar[int] = 2

    strength_range: ShareInterval = (0.2, 0.7)
    hue_range: Interval = (-15.0, 15.0)
    frame_share: Annotated[Share, Field(gt=0)] = 0.3
    """Of the area, along the edges: from there brightness and cast are taken, as a background shows the light."""
    waves: Annotated[int, Field(ge=0, le=COARSE_PX // 2 - 1)] = 2
    """Shading with at most so many waves across the picture takes the other's strength; 0 takes none."""

    def effects(self) -> tuple[Effect, ...]:
        return (
            Effect("restyle", *self.strength_range, free=(0, 0.7), unit="of the way"),
            Effect("hue", *self.hue_range, free=(-15, 15), unit="degrees"),
        )

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        strength, hue = rng.random(2).tolist()
        low, high = job.bounds.get("restyle", self.strength_range)
        left, right = job.bounds.get("hue", self.hue_range)
        return {"restyle": low + (high - low) * strength, "hue": left + (right - left) * hue}

    def applied(self, draw: Draw) -> dict[str, float]:
        return dict(draw)

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        made: list[Made | Failed] = []
        for work in batch:
            picture, style = (parent.payload for parent in work.parents)
            made.append(Made(self._restyled(picture, style, work.draw)))
        return made

    def _restyled(self, picture: np.ndarray, style: np.ndarray, draw: Draw) -> np.ndarray:
        import cv2
        import numpy as np

        cv2.setNumThreads(1)
        share, most = draw["restyle"], 2 * CHROMA * math.sin(math.radians(min(abs(draw["hue"]), 180)) / 2)
        own, other = _lab(picture), _lab(style)
        light, a, b = cv2.split(own)
        (middle, *tint), spread = _style(own, self.frame_share)
        (other_middle, *other_tint), other_spread = _style(other, self.frame_share)
        if self.waves:
            light += _shading(light, cv2.extractChannel(other, 0), self.waves, share)
        (shaded_middle, *_), shaded_spread = _style(light, self.frame_share)
        times = min(max(other_spread / max(spread, 1e-3), 1 / MOST_CONTRAST), MOST_CONTRAST) ** share
        contrast = times * spread / max(shaded_spread, 1e-3)
        light = (light - shaded_middle) * contrast + middle + share * (other_middle - middle)
        steps = [share * (theirs - ours) for ours, theirs in zip(tint, other_tint, strict=True)]
        held = min(1.0, most / max(math.hypot(*steps), 1e-9))
        lab = cv2.merge([light.clip(0, 100), a + held * steps[0], b + held * steps[1]])
        made: np.ndarray = np.rint(cv2.cvtColor(lab, cv2.COLOR_Lab2RGB) * 255).clip(0, 255).astype(np.uint8)
        return made


def _lab(picture: np.ndarray) -> np.ndarray:
    """Float32 (h, w, 3): light from 0 to 100, and the two colour axes."""
    import cv2
    import numpy as np

    lab: np.ndarray = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    return lab


def _style(lab: np.ndarray, frame_share: float) -> tuple[list[float], float]:
    """The mean along the edges, of each channel, and how far light spreads over the whole."""
    import cv2
    import numpy as np

    height, width = lab.shape[:2]
    inner = math.sqrt(1 - frame_share)
    frame = np.ones((height, width), np.uint8)
    down, across = int(height * (1 - inner) / 2 + 0.5), int(width * (1 - inner) / 2 + 0.5)
    if down and across and frame_share < 1:
        frame[down : height - down, across : width - across] = 0
    return list(cv2.mean(lab, frame)[:3]), float(cv2.meanStdDev(lab)[1][0, 0])


def _shading(light: np.ndarray, other: np.ndarray, waves: int, share: float) -> np.ndarray:
    """What turns the slow waves of `light` into ones as strong as the other's, by a share; their phases stay."""
    import cv2
    import numpy as np

    own, theirs = (np.fft.fft2(resized(x, COARSE_PX, COARSE_PX)) for x in (light, other))
    number = np.abs(np.fft.fftfreq(COARSE_PX, 1 / COARSE_PX))
    slow = (number[:, None] <= waves) & (number <= waves)
    slow[0, 0] = False
    times = (np.abs(theirs) / np.maximum(np.abs(own), 1e-6)).clip(1 / MOST_CONTRAST, MOST_CONTRAST)
    change = np.where(slow, share * (times - 1) * own, 0)
    coarse = np.fft.ifft2(change).real.astype(np.float32)
    smooth: np.ndarray = cv2.resize(coarse, light.shape[1::-1], interpolation=cv2.INTER_CUBIC)
    return smooth


PLUGIN = Restyle
