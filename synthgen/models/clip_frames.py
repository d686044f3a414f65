"""The pictures of a clip, and clips from pictures."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import chain, pairwise

import av
import numpy as np
from av.video.frame import PictureType

from synthgen.models import clip as clips
from synthgen.models.clip import Clip

GROUP = 12
"""Frames from one keyframe to the next in what is encoded here: short, so that later cuts stay small."""
REPEATS = "mbtree=0:rc-lookahead=0:sync-lookahead=0"
"""x264 looks ahead into memory that nobody has written to, so that bytes would differ from run to run."""
BITEXACT = 0x00800000
HELD = 24
"""Frames in memory at once where they are not asked for in their order."""


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
    for at, frame in _decoded(of, first, last, only):
        width, height = size or (frame.width, frame.height)
        yield at, frame.to_ndarray(format="rgb24", width=width, height=height)


def windows(of: Clip, stretches: Sequence[tuple[int, int]]) -> list[np.ndarray]:
    """Frames (n, h, w, 3) of each stretch, from its first to before its end; each frame is decoded once for all."""
    made = [np.empty((end - first, of.height, of.width, 3), np.uint8) for first, end in stretches]
    waiting = sorted(range(len(made)), key=lambda i: stretches[i])
    passes: list[list[int]] = []
    reached = -1
    for i in waiting:
        first, end = stretches[i]
        # Far behind all that was decoded, a new pass from the keyframe before it is cheaper.
        key = max(k for k in (0, *of.keyframes) if k <= first)
        if not passes or key > reached:
            passes.append([])
        passes[-1].append(i)
        reached = max(reached, end)
    for some in passes:
        low, high = min(stretches[i][0] for i in some), max(stretches[i][1] for i in some)
        only = {at for i in some for at in range(*stretches[i])}
        for at, frame in walk(of, low, high - 1, only):
            for i in some:
                if stretches[i][0] <= at < stretches[i][1]:
                    made[i][at - stretches[i][0]] = frame
    return made


def _decoded(
    of: Clip, first: int, last: int, only: set[int] | None = None
) -> Iterator[tuple[int, av.VideoFrame]]:
    """Positions and frames as they were coded."""
    with av.open(io.BytesIO(of.data), format="mp4") as file:
        stream = file.streams.video[0]
        stream.codec_context.thread_count = 1
        packets = [(p.pts, p.dts, p.is_keyframe, p.is_discard) for p in file.demux(stream) if p.size]
        shown = sorted(pts for pts, _, _, is_hidden in packets if not is_hidden)
        # By the time of decoding: a keyframe may be decoded before frames that are shown before it.
        begin = max(dts for pts, dts, is_key, _ in packets if is_key and pts <= shown[first])
        file.seek(begin, stream=stream, backward=True)
        place = {pts: i for i, pts in enumerate(shown)}
        for frame in file.decode(stream):
            at = place.get(frame.pts, -1)
            if first <= at <= last and (only is None or at in only):
                yield at, frame
            if at >= last:
                return


def encoded(
    pictures: Iterable[np.ndarray | av.VideoFrame], rate: Fraction, quality: int = 16, group: int = GROUP,
    number: int = 0,
) -> Clip:  # fmt: skip
    """A clip in H.264 of frames uint8 (h, w, 3), without an odd row or column at the edge. `quality` is x264's crf,
    `number` that of its parameter sets."""
    every = iter(pictures)
    start = next(every)
    first = _planar(start)
    to = io.BytesIO()
    with av.open(to, "w", format="mp4", options=clips.PLAIN) as file:
        stream = file.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = first.width, first.height, "yuv420p"
        stream.options = {
            "preset": "fast",
            "crf": str(quality),
            "threads": "1",
            "bf": "0",
            "g": str(group),
            "keyint_min": str(group),
            "sc_threshold": "0",
            "x264-params": REPEATS + f":sps-id={number}" * (number > 0),
        }
        stream.codec_context.flags |= BITEXACT
        if isinstance(start, av.VideoFrame):
            stream.codec_context.color_range = first.color_range
            stream.codec_context.colorspace = first.colorspace
        for i, frame in enumerate(chain([first], map(_planar, every))):
            frame.pts, frame.time_base = i, 1 / rate
            frame.pict_type = PictureType.NONE  # else the coder copies what the frame once was
            for packet in stream.encode(frame):
                file.mux(packet)
        for packet in stream.encode():
            file.mux(packet)
    return clips.clip(to.getvalue())


def _planar(picture: np.ndarray | av.VideoFrame) -> av.VideoFrame:
    """The picture as coders want it; what is so already is not converted twice."""
    if isinstance(picture, av.VideoFrame):
        even = picture.width % 2 == picture.height % 2 == 0
        if picture.format.name == "yuv420p" and even:
            return picture
        picture = picture.to_ndarray(format="rgb24")
    height, width = (side - side % 2 for side in picture.shape[:2])
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(picture[:height, :width]), format="rgb24")


def arranged(of: Clip, places: Sequence[int], rate: Fraction | None = None) -> Clip:
    """The clip encoded again with the frames at these positions, at its own rate if none is given.

    However long it is, few frames are held: positions that rise are decoded in one pass, others in short ones.
    """
    decoded = rising if all(a <= b for a, b in pairwise(places)) else _piecemeal
    return encoded(decoded(of, places), rate or of.rate)


def rising(of: Clip, places: Sequence[int]) -> Iterator[av.VideoFrame]:
    """The frames at these positions, which rise, as they were coded; decoded in one pass."""
    found = _decoded(of, places[0], places[-1], set(places))
    at, frame = next(found)
    for place in places:
        while at < place:
            at, frame = next(found)
        yield frame


def _piecemeal(of: Clip, places: Sequence[int]) -> Iterator[av.VideoFrame]:
    for start in range(0, len(places), HELD):
        some = places[start : start + HELD]
        kept = dict(_decoded(of, min(some), max(some), set(some)))
        yield from (kept[place] for place in some)


def filled(short: Clip, n: int, *, loop: bool) -> Clip:
    """The clip encoded again with `n` frames: itself again and again, or its last frame held."""
    return arranged(short, [i % short.frames if loop else min(i, short.frames - 1) for i in range(n)])
