"""Clips as pictures: a strip of frames, and one that moves."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image as Pictures

from synthgen.models.clip import Clip
from synthgen.models.clip_features import spread
from synthgen.models.clip_frames import walk

IN_A_STRIP = 4
LONGEST_SHOWN_S = 6.0
SHOWN_A_SECOND = 8


def strip(clip: Clip, size_px: int) -> bytes:
    """Four frames in reading order as one JPEG of at most size_px by size_px."""
    frames = _some(clip, spread(clip.frames, IN_A_STRIP))
    across = 2 if size_px >= 8 else 1
    side = max(1, size_px // across)
    tiles = [_inside(frame, side) for frame in frames]
    width, height = tiles[0].size
    sheet = Pictures.new("RGB", (across * width, across * height))
    for i, tile in enumerate(tiles[: across * across]):
        sheet.paste(tile, (i % across * width, i // across * height))
    to = io.BytesIO()
    sheet.save(to, "JPEG", quality=72)
    return to.getvalue()


def moving(clip: Clip, size_px: int) -> bytes:
    """The clip, its first six seconds at most, as a looping WebP picture."""
    seconds = min(clip.seconds, LONGEST_SHOWN_S)
    last = max(1, min(clip.frames, round(seconds * float(clip.rate))))
    n = max(1, min(last, round(seconds * SHOWN_A_SECOND)))
    frames = [_inside(frame, size_px) for frame in _some(clip, spread(last, n))]
    to = io.BytesIO()
    frames[0].save(
        to,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=round(1000 * seconds / n),
        loop=0,
        quality=55,
        method=3,
    )
    return to.getvalue()


def _some(clip: Clip, places: list[int]) -> list[np.ndarray]:
    found = dict(walk(clip, min(places), max(places), set(places)))
    return [found[i] for i in places]


def _inside(frame: np.ndarray, side: int) -> Pictures.Image:
    picture = Pictures.fromarray(frame)
    scale = min(1.0, side / max(picture.size))
    return picture.resize([max(1, int(s * scale)) for s in picture.size], Pictures.Resampling.BOX)
