"""Cover rectangles of a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from synthgen.contract import Effect
from synthgen.generator import Generator, RatioInterval, ShareInterval, ratio_in
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    import numpy as np

Channel = Annotated[int, Field(ge=0, le=255)]


class Erase(Generator):
    """The picture with rectangles covered by its mean colour, by noise or by one colour.

    Payload: uint8 (h, w, 3), size kept. Label: kept, as long as what tells the class is not covered.
    Source: DeVries and Taylor 2017 (cutout); Zhong et al. 2020 (random erasing), algorithm 1.
    """

    modality: ClassVar[str] = "image"

    area_range: ShareInterval = (0.02, 0.1)
    """Share of the picture that all rectangles cover together."""
    aspect_range: RatioInterval = (0.5, 2.0)
    holes: Annotated[int, Field(ge=1, le=64)] = 1
    fill: Literal["mean", "noise", "colour"] = "mean"
    colour: tuple[Channel, Channel, Channel] = (0, 0, 0)

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("erase", *self.area_range, free=(0, 0.15), unit="of the area"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        return {
            "erase": float(rng.uniform(*job.bounds.get("erase", self.area_range))),
            "places": rng.random((self.holes, 2)).tolist(),
            "aspects": [ratio_in(self.aspect_range, rng) for _ in range(self.holes)],
            "noise_seed": int(rng.integers(2**53)),
        }

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"erase": draw["erase"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [Made(self._erased(work.parents[0].payload, work.draw)) for work in batch]

    def _erased(self, picture: np.ndarray, draw: Draw) -> np.ndarray:
        import cv2
        import numpy as np

        cv2.setNumThreads(1)
        height, width = picture.shape[:2]
        area = draw["erase"] * height * width / len(draw["places"])
        rng = numpy_rng("erase", draw["noise_seed"])
        fill = np.rint(cv2.mean(picture)[:3]) if self.fill == "mean" else np.array(self.colour)
        erased = picture.copy()
        for (x, y), aspect in zip(draw["places"], draw["aspects"], strict=True):
            across = min(width, int(math.sqrt(area * aspect)) or 1)
            down = min(height, int(area / across))
            left, top = int(x * (width - across + 1)), int(y * (height - down + 1))
            hole = erased[top : top + down, left : left + across]
            hole[:] = rng.integers(0, 256, hole.shape, np.uint8) if self.fill == "noise" else fill
        return erased


PLUGIN = Erase
