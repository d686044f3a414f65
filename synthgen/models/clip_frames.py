"""The pictures of a clip, and clips from pictures."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from fractions import Fraction

import av
import numpy as np

from synthgen.models import clip as clips
from synthgen.models.clip import Clip

GROUP = 12
"""Frames from one keyframe to the next in what is encoded here: short, so that later cuts stay small."""
REPEATS = "mbtree=0:rc-lookahead=0:sync-lookahead=0"
"""x264 looks ahead into memory that nobody has written to, so that bytes would differ from run to run."""
BITEXACT = 0x00800000


def frames(of: Clip, wanted: Sequence[int] | None = None, size: tuple[int, int] | None = None) -> np.ndarray:
    """Frames, uint8 (n, h, w, 3) RGB, at rising positions, or all; brought to (w, h) `size` if one is given.

    Decoding starts at the keyframe before the first one wanted, and stops after the last.
    """
    wanted = range(of.frames) if wanted is None else wanted
    kept = dict(walk(of, min(wanted), max(wanted), set(wanted), size))
    return np.stack([kept[i] for i in wanted])


def walk(
    of: Clip, first: int, last: int, only: set[int] | None = None, size: tuple[int, int] | None = None
) -> Iterator[tuple[int, np.ndarray]]:
    """Positions and frames (h, w, 3) from `first` to `last`, one at a time; of those in `only`, if it is given."""
    with av.open(io.BytesIO(of.data), format="mp4") as file:
        stream = file.streams.video[0]
        stream.codec_context.thread_count = 1
        shown = sorted(p.pts for p in file.demux(stream) if p.size and not p.is_discard)
        file.seek(shown[first], stream=stream, backward=True)
        place = {pts: i for i, pts in enumerate(shown)}
        for frame in file.decode(stream):
            at = place.get(frame.pts, -1)
            if first <= at <= last and (only is None or at in only):
                width, height = size or (frame.width, frame.height)
                yield at, frame.to_ndarray(format="rgb24", width=width, height=height)
            if at >= last:
                return


def encoded(pictures: Sequence[np.ndarray], rate: Fraction, quality: int = 16, group: int = GROUP) -> Clip:
    """A clip in H.264 of frames uint8 (h, w, 3), without an odd row or column at the edge. `quality`: x264's crf."""
    height, width = (side - side % 2 for side in pictures[0].shape[:2])
    to = io.BytesIO()
    with av.open(to, "w", format="mp4", options=clips.PLAIN) as file:
        stream = file.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {
            "preset": "fast",
            "crf": str(quality),
            "threads": "1",
            "bf": "0",
            "g": str(group),
            "keyint_min": str(group),
            "sc_threshold": "0",
            "x264-params": REPEATS,
        }
        stream.codec_context.flags |= BITEXACT
        for i, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), format="rgb24")
            frame.pts, frame.time_base = i, 1 / rate
            for packet in stream.encode(frame):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)
    return clips.clip(to.getvalue())


def filled(short: Clip, n: int, *, loop: bool) -> Clip:
    """The clip encoded again with `n` frames: itself again and again, or its last frame held."""
    seen = frames(short)
    places = np.arange(n) % short.frames if loop else np.minimum(np.arange(n), short.frames - 1)
    return encoded([seen[i] for i in places], short.rate)
