"""Mirror, flip, turn, shift, resize, shear and crop in one warp."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthgen.contract import Effect
from synthgen.generator import Generator, Interval, RatioInterval, Share, ordered, ratio_in
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

Channel = Annotated[int, Field(ge=0, le=255)]
Cut = Annotated[float, Field(ge=0, lt=1)]
CutInterval = Annotated[tuple[Cut, Cut], AfterValidator(ordered)]


class Affine(Generator):
    """The picture mirrored, turned, moved, resized, sheared and cropped, resampled once.

    Payload: uint8 (h, w, 3), size kept. Label: kept, or as the contract relabels a half
    turn, mirror or flip. Source: Simard et al. 2003 (best practices for convolutional networks), section 2.
    """

    modality: ClassVar[str] = "image"

    mirror_share: Share = 0.5
    flip_vertical_share: Share = 0.0
    half_turn_share: Share = 0.0
    turn_range: Interval = (-10.0, 10.0)
    shift_range: Interval = (-0.06, 0.06)
    """Of the side, drawn for each axis."""
    resize_range: RatioInterval = (0.9, 1.1)
    shear_range: Interval = (-5.0, 5.0)
    crop_range: CutInterval = (0.0, 0.0)
    """Share of the area that is cut off; the rest fills the picture."""
    border: Literal["replicate", "reflect", "colour"] = "replicate"
    colour: tuple[Channel, Channel, Channel] = (0, 0, 0)

    def effects(self) -> tuple[Effect, ...]:
        return (
            Effect.on_off("mirror", self.mirror_share > 0),
            Effect.on_off("flip_vertical", self.flip_vertical_share > 0),
            Effect.on_off("half_turn", self.half_turn_share > 0),
            Effect("turn", *self.turn_range, free=(-15, 15), unit="degrees"),
            Effect("shift", *self.shift_range, free=(-0.2, 0.2), unit="of the side"),
            Effect("resize", *self.resize_range, neutral=1, free=(0.75, 4 / 3), unit="times"),
            Effect("shear", *self.shear_range, free=(-15, 15), unit="degrees"),
            Effect("crop", *self.crop_range, free=(0, 0.25), unit="of the area"),
        )

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        bounds = {
            effect.name: job.bounds.get(effect.name, (effect.low, effect.high)) for effect in self.effects()
        }
        shares = {
            "mirror": self.mirror_share,
            "flip_vertical": self.flip_vertical_share,
            "half_turn": self.half_turn_share,
        }
        draw: Draw = {
            name: float(rng.random() < share if bounds[name] == (0, 1) else bounds[name][0] == 1)
            for name, share in shares.items()
        }
        for name in ("turn", "shear", "crop"):
            draw[name] = float(rng.uniform(*bounds[name]))
        draw["resize"] = ratio_in(bounds["resize"], rng)
        draw["shift"] = rng.uniform(*bounds["shift"], 2).tolist()
        draw["crop_place"] = rng.random(2).tolist()
        return draw

    def applied(self, draw: Draw) -> dict[str, float]:
        return {effect.name: draw[effect.name] for effect in self.effects() if effect.name != "shift"} | {
            "shift": max(draw["shift"], key=abs)
        }

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        import cv2
        import numpy as np

        from synthgen.models.picture_maps import matrix

        cv2.setNumThreads(1)
        border = {
            "replicate": cv2.BORDER_REPLICATE,
            "reflect": cv2.BORDER_REFLECT_101,
            "colour": cv2.BORDER_CONSTANT,
        }[self.border]
        made: list[Made | Failed] = []
        for work in batch:
            picture = work.parents[0].payload
            height, width = picture.shape[:2]
            rows = np.array(matrix(work.draw, height, width))
            warped = cv2.warpAffine(
                picture, rows, (width, height), None, cv2.INTER_CUBIC, border, self.colour
            )
            made.append(Made(warped))
        return made


PLUGIN = Affine
