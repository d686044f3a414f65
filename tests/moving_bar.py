"""A clip whose every frame tells its position, and samples of it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from synthgen.models.clip import Clip
from synthgen.models.clip_frames import encoded, frames
from synthgen.sample import Job, Sample, Work
from synthgen.seeds import numpy_rng

RATE = Fraction(25)


def bars(n: int, height: int = 32) -> np.ndarray:
    """Frame i has a bar at column 2 i."""
    made = np.zeros((n, height, 2 * n + 8, 3), np.uint8)
    for i in range(n):
        made[i, :, 2 * i : 2 * i + 6] = 230
    return made


def barred(n: int, group: int = 12) -> Clip:
    return encoded(list(bars(n)), RATE, group=group)


def places(clip: Clip) -> list[int]:
    """Which frame of the original each frame is, read off its bar."""
    found = []
    for frame in frames(clip):
        columns = np.flatnonzero(frame.mean((0, 2)) > 110)
        found.append(round(((columns[0] + columns[-1]) / 2 - 2.5) / 2))
    return found


def sample(clip: Clip, span: tuple[int, int] | None = None, label: str = "a") -> Sample:
    return Sample("p", "video", label, lambda: clip, annotations={"span": list(span)} if span else {})


def drawn(generator: Any, parents: tuple[Sample, ...], i: int = 0, bounds: dict | None = None) -> dict:
    job = Job(0, "a", i, tuple(p.id for p in parents), bounds or {}, 0)
    return generator.draw(job, parents, numpy_rng("test", i))


def made(generator: Any, parents: tuple[Sample, ...], draw: dict) -> Any:
    job = Job(0, "a", 0, tuple(p.id for p in parents), {}, 0)
    return generator.make([Work(job, parents, draw)], None)[0]
