"""The affine map of pixels and the linear map of colours that a draw asks for: one for a picture, or a frame each."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Draw = Mapping[str, Any]

LUMA = (0.299, 0.587, 0.114)


def colours(draw: Draw, mean: Sequence[float]) -> np.ndarray:
    """The map of RGB (3, 4), float32, for brightness, contrast about the `mean` colour's grey, hue and saturation."""
    gain = draw["brightness"] * draw["contrast"]
    found = np.empty((3, 4), np.float32)
    found[:, :3] = gain * _chroma(draw)
    found[:, 3] = draw["brightness"] * (1 - draw["contrast"]) * (np.array(mean) @ np.array(LUMA))
    return found


def _chroma(draw: Draw) -> np.ndarray:
    """The map of RGB for hue and saturation; it leaves grey as it is."""
    luma = np.array(LUMA)
    saturation = 0.0 if draw["grey"] else draw["saturation"]
    to_yiq = np.array([LUMA, (0.596, -0.274, -0.322), (0.211, -0.523, 0.312)])
    cos, sin = math.cos(math.radians(draw["hue"])), math.sin(math.radians(draw["hue"]))
    turned = np.array([(1, 0, 0), (0, cos, -sin), (0, sin, cos)])
    hue = np.linalg.inv(to_yiq) @ turned @ to_yiq
    mapped: np.ndarray = (saturation * np.eye(3) + (1 - saturation) * luma) @ hue
    return mapped


def matrix(
    draw: Draw, height: int, width: int
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Where each pixel goes: the two rows of the affine map, in pixels, y down; a positive turn is clockwise."""
    turn, lean = math.radians(draw["turn"]), math.tan(math.radians(draw["shear"]))
    size = draw["resize"] * (-1 if draw["half_turn"] else 1)
    cos, sin = size * math.cos(turn), size * math.sin(turn)
    across = -1 if draw["mirror"] else 1
    down = -1 if draw["flip_vertical"] else 1
    xx, xy = cos * across, (cos * lean - sin) * down
    yx, yy = sin * across, (sin * lean + cos) * down
    middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
    x0 = middle_x - xx * middle_x - xy * middle_y + draw["shift"][0] * width
    y0 = middle_y - yx * middle_x - yy * middle_y + draw["shift"][1] * height
    left_over = math.sqrt(1 - draw["crop"])
    cut_x, cut_y = (
        (1 - left_over) * place * side
        for place, side in zip(draw["crop_place"], (width, height), strict=True)
    )
    return (
        (xx / left_over, xy / left_over, (x0 + 0.5 - cut_x) / left_over - 0.5),
        (yx / left_over, yy / left_over, (y0 + 0.5 - cut_y) / left_over - 0.5),
    )
