"""What thieves and accidents do to clips, for testing the filters that should notice."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from synthgen.models.clip import Clip, cut
from synthgen.models.clip_frames import encoded, frames

LENT = 0.6
"""Share of a clip, at least, that a thief takes."""


def again(clip: Clip, quality: int, change: Callable[[np.ndarray], np.ndarray] | None = None) -> Clip:
    """The clip encoded again, after a change of all its frames (n, h, w, 3)."""
    seen = frames(clip)
    return encoded(list(change(seen) if change else seen), clip.rate, quality)


def copies(clip: Clip, rng: np.random.Generator) -> dict[str, Clip]:
    """The same clip encoded again, or with other containers' times."""
    return {"re-encoded": again(clip, int(rng.integers(18, 27)))}


def disguises(clip: Clip, rng: np.random.Generator) -> dict[str, Clip]:
    """The same clip cut out at an offset, also mirrored, brighter, or played backwards."""
    length = max(1, round(clip.frames * rng.uniform(LENT, 0.95)))
    first = int(rng.integers(clip.frames - length + 1))
    part = cut(clip, first, first + length)
    light = rng.uniform(0.8, 1.2)
    return {
        "cut at an offset": part,
        "cut and encoded again": again(part, int(rng.integers(20, 27))),
        "mirrored": again(clip, 20, lambda x: x[:, :, ::-1]),
        "brighter or darker": again(clip, 20, lambda x: np.clip(x * light, 0, 255).astype(np.uint8)),
        "backwards": backwards(clip),
    }


def backwards(clip: Clip) -> Clip:
    """Played from its end to its beginning."""
    return again(clip, 20, lambda x: x[::-1])


def frozen(clip: Clip, rng: np.random.Generator) -> Clip:
    """It stops at a drawn frame and stays there."""
    seen = frames(clip)
    stop = int(rng.integers(0, max(1, clip.frames // 3)))
    return encoded([seen[min(i, stop)] for i in range(clip.frames)], clip.rate, 20)


def blackened(clip: Clip, rng: np.random.Generator) -> Clip:
    """A drawn part of it, a fifth at least, is black."""
    seen = frames(clip).copy()
    length = round(clip.frames * rng.uniform(0.2, 0.8))
    first = int(rng.integers(clip.frames - length + 1))
    seen[first : first + length] = 6
    return encoded(list(seen), clip.rate, 20)


def flickering(clip: Clip, rng: np.random.Generator) -> Clip:
    """Every frame has a light of its own, or a pattern of its own on it."""
    seen = frames(clip).astype(np.float32)
    if rng.random() < 0.5:
        seen *= 1 + rng.uniform(0.05, 0.15) * rng.standard_normal((len(seen), 1, 1, 1)).astype(np.float32)
    else:
        cells = rng.standard_normal((len(seen), 6, 6, 1)).astype(np.float32)
        cells = np.repeat(np.repeat(cells, -(-clip.height // 6), 1), -(-clip.width // 6), 2)
        seen += rng.uniform(8, 25) * cells[:, : clip.height, : clip.width]
    return encoded(list(np.clip(seen, 0, 255).astype(np.uint8)), clip.rate, 20)


def unspanned(clip: Clip, span: tuple[int, int], rng: np.random.Generator) -> Clip | None:
    """A stretch that holds half of the span or less; None where none of six frames does."""
    middle = (span[0] + span[1]) // 2
    stretches = [(0, middle), (middle, clip.frames)]
    able = [(a, b) for a, b in stretches if b - a >= 6]
    if not able:
        return None
    low, high = able[int(rng.integers(len(able)))]
    length = int(rng.integers(max(6, (high - low) // 2), high - low + 1))
    first = int(rng.integers(low, high - length + 1))
    return cut(clip, first, first + length)


def still(clip: Clip) -> Clip:
    """Grey from the first frame to the last."""
    shape = (clip.height - clip.height % 2 or 2, clip.width - clip.width % 2 or 2, 3)
    return encoded([np.full(shape, 16, np.uint8)] * clip.frames, clip.rate)


def oddities(rng: np.random.Generator) -> list[Clip]:
    """One frame; two pixels a side; wide and slow; tall and fast; white; noise; noise with hidden frames."""
    noise = rng.integers(0, 256, (12, 40, 40, 3), np.uint8)
    long = encoded(list(noise), Fraction(12), group=6)
    return [
        encoded([noise[0]], Fraction(25)),
        encoded(list(noise[:3, :2, :2]), Fraction(25)),
        encoded(list(noise[:4, :4]), Fraction(1, 2)),
        encoded(list(noise[:4, :, :4]), Fraction(240)),
        encoded([np.full((32, 32, 3), 255, np.uint8)] * 5, Fraction(30000, 1001)),
        long,
        cut(long, 4, 9),
    ]


def specimen(rng: np.random.Generator) -> Clip:
    """A disc that moves over a soft ground."""
    import cv2

    cv2.setNumThreads(1)
    ground = cv2.resize(rng.integers(60, 200, (3, 3, 3), np.uint8), (48, 48), interpolation=cv2.INTER_CUBIC)
    place, step = rng.uniform(14, 34, 2), rng.uniform(0.4, 0.9, 2) * rng.choice([-1, 1], 2)
    light, size = rng.integers(20, 236), rng.uniform(6, 9)
    rows, columns = np.mgrid[:48, :48]
    pictures = []
    for i in range(int(rng.integers(16, 29))):
        y, x = place + i * step
        inside = 1 / (1 + np.exp(np.hypot(rows - y, columns - x) - size))[..., None]
        pictures.append(np.rint(ground * (1 - inside) + light * inside).astype(np.uint8))
    return encoded(pictures, Fraction(25))
