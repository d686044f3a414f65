"""What thieves and accidents do to pictures, for testing the filters that should notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgen.models.resizing import resized

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Picture = NDArray[np.uint8]


def copies(picture: Picture, rng: np.random.Generator) -> dict[str, Picture]:
    """The same picture encoded as JPEG, with up to 2 grey levels of noise, or at another size."""
    noise = rng.integers(-2, 3, picture.shape)
    return {
        "re-encoded": _jpeg(picture, int(rng.integers(80, 96))),
        "2 grey levels": np.clip(picture.astype(np.int16) + noise, 0, 255).astype(np.uint8),
        "rescaled": _scaled(picture, float(rng.choice([0.75, 1.5, 2.0]))),
    }


def disguises(picture: Picture, rng: np.random.Generator) -> dict[str, Picture]:
    """The same picture flipped, cropped to 75-95 % of its sides, recoloured, or all of it."""
    flip = int(rng.integers(3))
    return {
        "flipped": np.ascontiguousarray((picture[:, ::-1], picture[::-1], picture[::-1, ::-1])[flip]),
        "cropped": _cropped(picture, rng),
        "recoloured": _recoloured(picture, rng),
        "cropped, mirrored and recoloured": _recoloured(_cropped(picture, rng)[:, ::-1], rng),
    }


def oddities(rng: np.random.Generator) -> list[Picture]:
    """Pictures of one pixel, all white, of noise, of odd shapes, stretched, and all black."""
    noise = rng.integers(0, 256, (40, 40, 3), np.uint8)
    return [
        np.zeros((1, 1, 3), np.uint8), np.full((32, 32, 3), 255, np.uint8), noise, noise[:3], noise[:, :2],
        np.repeat(noise, 8, 0)[:, ::-1], np.zeros((400, 4, 3), np.uint8),
    ]  # fmt: skip


def _jpeg(picture: Picture, quality: int) -> Picture:
    import cv2

    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    back = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)
    return np.ascontiguousarray(back[..., ::-1])


def _scaled(picture: Picture, factor: float) -> Picture:
    height, width = (max(1, round(side * factor)) for side in picture.shape[:2])
    return resized(picture, height, width)


def _cropped(picture: Picture, rng: np.random.Generator) -> Picture:
    import cv2

    height, width = picture.shape[:2]
    share = rng.uniform(0.75, 0.95)
    tall, wide = max(1, round(height * share)), max(1, round(width * share))
    top, left = rng.integers(height - tall + 1), rng.integers(width - wide + 1)
    part = picture[top : top + tall, left : left + wide]
    out: Picture = cv2.resize(part, (width, height), interpolation=cv2.INTER_CUBIC)
    return out


def _recoloured(picture: Picture, rng: np.random.Generator) -> Picture:
    """Brightness by up to 10 %, contrast by up to 25 %, saturation from none to 160 %."""
    x = picture.astype(np.float32) / 255
    grey = x.mean(2, keepdims=True)
    x = grey + (x - grey) * rng.uniform(0, 1.6)
    x = (x - 0.5) * rng.uniform(0.75, 1.25) + 0.5 + rng.uniform(-0.1, 0.1)
    return np.asarray(np.rint(np.clip(x, 0, 1) * 255), np.uint8)
