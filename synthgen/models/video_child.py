"""The process that opens files of videos that nobody has vouched for; it answers one request a line on its input.

It may use so much memory and no other protocol than `file`; whoever asks kills it when it takes too long.
"""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np

from synthgen.models import clip as clips
from synthgen.models.clip import BROKEN, Clip
from synthgen.models.clip_frames import encoded
from synthgen.models.resizing import resized

COPIED = frozenset({"h264"})
FASTEST = 60
SHORT_OF = 0.9
"""A file that shows less of the time that its header promises is cut short."""
STATED_AT_LEAST_S = 0.5
UNUSUAL_TIMES_S = 86_400.0


class Refused(Exception):
    """Why a file is not read."""


def answered(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The answer to one request, and the bytes that follow it."""
    path = Path(request["path"])
    options = {"protocol_whitelist": "file"}
    try:
        with av.open(path, format=_format(path), options=options, metadata_errors="replace") as file:
            if not file.streams.video:
                raise Refused("it has no video stream")
            stream = file.streams.video[0]
            stream.thread_count = 1
            if request["what"] == "length":
                return {"seconds": _stated(file, stream)}, b""
            got = _clip(file, stream, request)
    except Refused as error:
        return {"refused": str(error)}, b""
    except (*BROKEN, IndexError, TypeError) as error:
        return {"refused": f"it is damaged or no video: {error}"}, b""
    except MemoryError:
        return {"refused": "it needs more memory than max_memory_mb allows"}, b""
    return {"frames": got.frames}, got.data


def _format(path: Path) -> str:
    """The container by what the file begins with: no playlist or script is ever opened as one."""
    with path.open("rb") as file:
        start = file.read(16)
    if not start:
        raise Refused("it is empty (0 bytes)")
    if start[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov,mp4,m4a,3gp,3g2,mj2"
    for sign, name in ((b"\x1aE\xdf\xa3", "matroska,webm"), (b"GIF8", "gif")):
        if start.startswith(sign):
            return name
    if start[:4] == b"RIFF" and start[8:12] == b"AVI ":
        return "avi"
    raise Refused("it is no MP4, MKV, WebM, AVI or GIF, whatever its name says")


def _stated(file: Any, stream: Any) -> float:
    """How long the header says that it is, in seconds; 0 where it says nothing."""
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return float((file.duration or 0) / av.time_base)


def _clip(file: Any, stream: Any, request: dict[str, Any]) -> Clip:
    if stream.width * stream.height > request["max_pixels"]:
        raise Refused(f"it has {stream.width} x {stream.height} pixels, more than max_pixels; not decoded")
    stated, window = _stated(file, stream), request["window"]
    turned = _rotation(file, stream) % 360
    packets = list(islice(_packets(file, stream, window), request["max_frames"] + 1))
    if len(packets) > request["max_frames"]:
        raise Refused(
            f"it has more than {request['max_frames']:,} frames (max_frames); raise that, or lower window_s"
        )
    if not packets:
        raise Refused("it shows no frame")
    if any(p.is_corrupt or p.pts is None for p in packets) and stream.codec.name in COPIED:
        raise Refused("it is damaged: a coded frame is corrupt or has no time")
    if window is None and stated > STATED_AT_LEAST_S:
        _whole(packets, stated, stream.time_base, stream.frames)
    if stream.codec.name in COPIED and not turned and request["size"] is None:
        got = clips.copied(stream, packets)
        if request["verify"]:
            _decodes(got)
        return got
    return _encoded(stream, packets, turned, request)


def _packets(file: Any, stream: Any, window: list[float] | None) -> Iterator[Any]:
    """Coded frames, from the first keyframe in the window to the last before the first keyframe after it."""
    if window is None:
        yield from (p for p in file.demux(stream) if p.size)
        return
    start = int(stream.start_time or 0)
    low, high = (start + round(end / stream.time_base) for end in window)
    file.seek(max(low, start), stream=stream, backward=True)
    inside = False
    for packet in file.demux(stream):
        if not packet.size:
            continue
        if packet.is_keyframe and packet.pts is not None:
            if packet.pts >= high:
                return
            inside = inside or packet.pts >= low
        if inside:
            yield packet


def _whole(packets: list[Any], stated: float, base: Fraction, frames: int) -> None:
    times = [p.pts if p.pts is not None else p.dts for p in packets]
    times = [t for t in times if t is not None]
    lasting = max((p.duration or 0 for p in packets), default=0)
    shown = float((max(times) - min(times) + lasting) * base) if times else 0.0
    if frames and len(packets) < SHORT_OF * frames:
        raise Refused(f"it is cut short: the header promises {frames:,} frames, {len(packets):,} are there")
    if shown < SHORT_OF * stated or shown > UNUSUAL_TIMES_S:
        raise Refused(f"its header lies: {stated:.1f} s are promised, frames for {shown:.1f} s are there")


def _decodes(clip: Clip) -> None:
    """Refuse a clip that does not show all of its frames."""
    import io

    seen = 0
    with av.open(io.BytesIO(clip.data), format="mp4") as file:
        stream = file.streams.video[0]
        stream.thread_count = 1
        for frame in file.decode(stream):
            seen += not frame.is_corrupt
    if seen < clip.frames:
        raise Refused(f"it is damaged: {clip.frames - seen:,} of {clip.frames:,} frames cannot be decoded")


def _rotation(file: Any, stream: Any) -> int:
    """Degrees, counter-clockwise, by which players turn the picture."""
    for frame in file.decode(stream):
        file.seek(int(stream.start_time or 0), stream=stream)
        return int(frame.rotation)
    raise Refused("it shows no frame")


def _encoded(stream: Any, packets: list[Any], turned: int, request: dict[str, Any]) -> Clip:
    """The frames upright, at even times, and of the size asked for."""
    times, pictures = [], []
    for packet in [*packets, None]:
        for frame in stream.codec_context.decode(packet):
            picture = frame.to_ndarray(format="rgb24")
            picture = np.rot90(picture, turned // 90) if turned else picture
            width, height = request["size"] or (picture.shape[1], picture.shape[0])
            pictures.append(resized(np.ascontiguousarray(picture), height, width))
            times.append(frame.pts)
    if not pictures:
        raise Refused("it shows no frame")
    if min(pictures[0].shape[:2]) < 2:
        raise Refused("it is smaller than 2 pixels a side")
    if len(pictures) < SHORT_OF * len(packets):
        raise Refused(
            f"it is damaged: {len(packets) - len(pictures):,} of {len(packets):,} frames cannot be decoded"
        )
    rate = _rate(stream, times)
    if None in times or len(pictures) == 1:
        return encoded(pictures, rate)
    seconds = [float((t - times[0]) * stream.time_base) for t in times]
    length = seconds[-1] + float(packets[-1].duration or 0) * float(stream.time_base)
    n = max(len(pictures), 1) if length <= 0 else max(1, min(round(length * rate), request["max_frames"]))
    at = np.searchsorted(seconds, (np.arange(n) + 1e-3) / float(rate), side="right") - 1
    return encoded([pictures[i] for i in at.clip(0)], rate)


def _rate(stream: Any, times: list[int | None]) -> Fraction:
    mean = stream.average_rate or stream.guessed_rate or Fraction(25)
    return max(Fraction(1, 10), min(Fraction(mean).limit_denominator(1001), Fraction(FASTEST)))


def main(memory_mb: int) -> None:
    """Answer requests until the input ends."""
    limit = memory_mb << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    av.logging.set_level(av.logging.PANIC)
    to: BinaryIO = sys.stdout.buffer
    for line in sys.stdin:
        said, data = answered(json.loads(line))
        to.write(json.dumps(said | {"bytes": len(data)}).encode() + b"\n")
        to.write(data)
        to.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]))
