"""A shape over a soft ground, and the gesture that it makes: drawn first, then filmed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from synthgen.models.clip import Clip
from synthgen.models.clip_frames import encoded

FRAMES = 60
RATE = Fraction(25)
REACH = 0.2
"""Of the side, by which a gesture moves the shape."""


@dataclass(frozen=True, slots=True, eq=False)
class Gesture:
    """One film's choices; lengths are shares of the side."""

    kind: str
    span: tuple[int, int]
    place: np.ndarray
    drift: np.ndarray
    radius: float
    square: bool
    colour: np.ndarray
    ground: np.ndarray
    grain_seed: int
    strength: float


def drawn(kind: str, rng: np.random.Generator) -> Gesture:
    """A gesture with its shape, colours, place and time."""
    length = int(rng.integers(16, 25))
    first = int(rng.integers(4, FRAMES - length - 3))
    ground = rng.uniform(50, 190, (3, 3, 3))
    colour = rng.uniform(20, 235, 3)
    while abs(colour.mean() - ground.mean()) < 45:
        colour = rng.uniform(20, 235, 3)
    return Gesture(
        kind, (first, first + length), rng.uniform(0.4, 0.6, 2), rng.uniform(-0.0012, 0.0012, 2),
        float(rng.uniform(0.11, 0.16)), bool(rng.random() < 0.5), colour, ground, int(rng.integers(2**31)),
        float(rng.uniform(0.8, 1.2)),
    )  # fmt: skip


def filmed(gesture: Gesture, side: int) -> Clip:
    """The film, `side` pixels wide and high."""
    import cv2

    from synthgen.seeds import numpy_rng

    cv2.setNumThreads(1)
    ground = cv2.resize(gesture.ground.astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    grain = numpy_rng("grain", gesture.grain_seed)
    rows, columns = (np.mgrid[:side, :side] + 0.5) / side
    pictures = []
    for i in range(FRAMES):
        x, y, size = _at(gesture, i)
        away = (
            np.maximum(abs(columns - x), abs(rows - y)) if gesture.square else np.hypot(columns - x, rows - y)
        )
        inside = 1 / (1 + np.exp((away - size * gesture.radius) * 1.5 * side))[..., None]
        picture = ground * (1 - inside) + gesture.colour * inside + grain.normal(0, 0.5, (side, side, 1))
        pictures.append(np.rint(picture.clip(0, 255)).astype(np.uint8))
    return encoded(pictures, RATE)


def _at(gesture: Gesture, frame: int) -> tuple[float, float, float]:
    """Where the shape is, and how many times as large as at first."""
    x, y = gesture.place + gesture.drift * frame
    first, end = gesture.span
    way = min(1.0, max(0.0, (frame - first) / (end - first)))
    reach = REACH * gesture.strength
    turn = 2 * math.pi * way
    size = 1.0
    if gesture.kind == "circle":
        x, y = x + reach * math.sin(turn) * 0.8, y - reach * (1 - math.cos(turn)) * 0.8
    elif gesture.kind == "jump":
        y -= reach * math.sin(math.pi * way) ** 0.8
    elif gesture.kind == "nod":
        y += 0.7 * reach * math.sin(turn) ** 2
    elif gesture.kind == "wave":
        x += reach * math.sin(2 * turn)
    elif gesture.kind == "open":
        size = 1 + 0.9 * gesture.strength * way
    elif gesture.kind == "close":
        size = 1 + 0.9 * gesture.strength * (1 - way)
    return float(x), float(y), size
