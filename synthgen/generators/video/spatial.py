"""Move and recolour all frames of a clip alike, or a little more from frame to frame."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from synthgen.contract import Effect
from synthgen.generator import Generator, Interval, RatioInterval, Share, ordered, ratio_in
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.clip import Clip

Cut = Annotated[float, Field(ge=0, lt=1)]
SWITCHES = ("mirror", "flip_vertical", "grey")
RATIOS = ("resize", "brightness", "contrast", "saturation")
AMOUNTS = ("turn", "crop", "hue")


class Spatial(Generator):
    """The clip mirrored, turned, moved, resized, cropped and recoloured, all frames by one draw, or drifting smoothly
    from one draw to another.

    Payload: a clip, size and frames kept, encoded again. Label: kept, or as the contract relabels a mirror or flip.
    Source: Qian et al. 2021 (CVRL), section 3.2: augmentations that are the same in all frames.
    """

    modality: ClassVar[str] = "video"
    carries: ClassVar[frozenset[str]] = frozenset({"span"})

    mirror_share: Share = 0.5
    flip_vertical_share: Share = 0.0
    grey_share: Share = 0.0
    drift_share: Share = 0.0
    """Of the samples whose last frame has another draw than the first, with all between; flips and grey never change
    on the way."""
    turn_range: Interval = (-8.0, 8.0)
    shift_range: Interval = (-0.05, 0.05)
    """Of the side, drawn for each axis."""
    resize_range: RatioInterval = (0.92, 1.08)
    crop_range: Annotated[tuple[Cut, Cut], AfterValidator(ordered)] = (0.0, 0.0)
    """Share of the area that is cut off; the rest fills the picture."""
    brightness_range: RatioInterval = (0.85, 1.18)
    contrast_range: RatioInterval = (0.85, 1.18)
    saturation_range: RatioInterval = (0.75, 1.33)
    hue_range: Interval = (-5.0, 5.0)

    def effects(self) -> tuple[Effect, ...]:
        return (
            Effect.on_off("mirror", self.mirror_share > 0),
            Effect.on_off("flip_vertical", self.flip_vertical_share > 0),
            Effect.on_off("grey", self.grey_share > 0),
            Effect("turn", *self.turn_range, free=(-15, 15), unit="degrees"),
            Effect("shift", *self.shift_range, free=(-0.2, 0.2), unit="of the side"),
            Effect("resize", *self.resize_range, neutral=1, free=(0.75, 4 / 3), unit="times"),
            Effect("crop", *self.crop_range, free=(0, 0.25), unit="of the area"),
            Effect("brightness", *self.brightness_range, neutral=1, free=(0.5, 2), unit="times"),
            Effect("contrast", *self.contrast_range, neutral=1, free=(0.5, 2), unit="times"),
            Effect("saturation", *self.saturation_range, neutral=1, free=(0.5, 2), unit="times"),
            Effect("hue", *self.hue_range, free=(-15, 15), unit="degrees"),
        )

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        bounds = {e.name: job.bounds.get(e.name, (e.low, e.high)) for e in self.effects()}
        shares = dict(
            zip(SWITCHES, (self.mirror_share, self.flip_vertical_share, self.grey_share), strict=True)
        )
        switches = {
            name: float(rng.random() < share if bounds[name] == (0, 1) else bounds[name][0] == 1)
            for name, share in shares.items()
        }
        drifts = rng.random() < self.drift_share
        first, last = _one(bounds, rng), _one(bounds, rng)
        return {**switches, "first": first, "last": last if drifts else first}

    def applied(self, draw: Draw) -> dict[str, float]:
        told: dict[str, float] = {name: draw[name] for name in SWITCHES}
        ends = draw["first"], draw["last"]
        told |= {name: max((end[name] for end in ends), key=_far) for name in RATIOS}
        told |= {name: max((end[name] for end in ends), key=abs) for name in AMOUNTS}
        return told | {"shift": max((part for end in ends for part in end["shift"]), key=abs)}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        from synthgen.models.clip_frames import encoded

        made: list[Made | Failed] = []
        for work in batch:
            parent = work.parents[0]
            clip: Clip = parent.payload
            made.append(Made(encoded(_moved(clip, work.draw), clip.rate), None, parent.annotations))
        return made


def _far(ratio: float) -> float:
    return abs(math.log(ratio))


def _one(bounds: dict[str, tuple[float, float]], rng: np.random.Generator) -> Draw:
    """One draw of all that may drift."""
    draw: Draw = {name: ratio_in(bounds[name], rng) for name in RATIOS}
    draw |= {name: float(rng.uniform(*bounds[name])) for name in AMOUNTS}
    draw["shift"] = rng.uniform(*bounds["shift"], 2).tolist()
    draw["crop_place"] = rng.random(2).tolist()
    return draw


def _between(draw: Draw, way: float) -> Draw:
    """The draw of a frame, `way` of the way from the first to the last."""
    first, last = draw["first"], draw["last"]
    now: Draw = {name: first[name] ** (1 - way) * last[name] ** way for name in RATIOS}
    now |= {name: first[name] * (1 - way) + last[name] * way for name in AMOUNTS}
    for name in ("shift", "crop_place"):
        now[name] = [a * (1 - way) + b * way for a, b in zip(first[name], last[name], strict=True)]
    return now | {name: draw[name] for name in SWITCHES} | {"half_turn": 0.0, "shear": 0.0}


def _moved(clip: Clip, draw: Draw) -> Iterator[np.ndarray]:
    import cv2
    import numpy as np

    from synthgen.models.clip_features import shrunk
    from synthgen.models.clip_frames import walk
    from synthgen.models.picture_maps import colours, matrix

    cv2.setNumThreads(1)
    mean = shrunk(clip, 16, 8).mean((0, 1, 2)).tolist()  # of the clip: one of each frame's own would flicker
    maps: tuple[np.ndarray, np.ndarray] | None = None
    for i, frame in walk(clip, 0, clip.frames - 1):
        if maps is None or draw["first"] != draw["last"]:
            way = (1 - math.cos(math.pi * i / max(1, clip.frames - 1))) / 2
            now = _between(draw, way)
            maps = np.array(matrix(now, *frame.shape[:2])), colours(now, mean)
        moved = cv2.warpAffine(
            frame, maps[0], frame.shape[1::-1], None, cv2.INTER_CUBIC, cv2.BORDER_REPLICATE
        )
        yield cv2.transform(moved, maps[1])


PLUGIN = Spatial
