"""What a clip is: an MP4 file with one video stream, cut without decoding a pixel.

Container code by PyAV (FFmpeg); what it has no words for (an edit that ends early, XMP) is written into the boxes.
Source: ISO/IEC 14496-12 (boxes, edit lists); XMP specification part 3, section 1.1.5 (MP4).
"""

from __future__ import annotations

import html
import io
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

import av

from synthgen.errors import UnreadableItem

XMP = UUID("be7acfcb-97a9-42e8-9c71-999491e3afac").bytes
BROKEN = (av.error.FFmpegError, ValueError, OSError, ZeroDivisionError, OverflowError)
"""What PyAV raises on damaged files."""
PLAIN = {"fflags": "+bitexact", "avoid_negative_ts": "disabled"}
"""Of the muxer: nothing of the time, the library or the machine, and times before 0 as they are."""


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One video stream in MP4, upright, without sound; of its frames an edit list may hide some at either end.

    `keyframes` are the positions, among the `frames` shown, at which a cut needs no hidden frames; `rate` is the mean
    number of frames a second; width and height are in pixels.
    """

    data: bytes = field(repr=False)
    frames: int
    width: int
    height: int
    rate: Fraction
    keyframes: tuple[int, ...]

    @property
    def seconds(self) -> float:
        """Its length."""
        return float(self.frames / self.rate)

    @property
    def nbytes(self) -> int:
        """What it takes in memory, for whoever keeps clips."""
        return len(self.data)


class Packet(NamedTuple):
    """What a coded frame is known by: when it is shown, whether decoding may start at it, whether it is shown."""

    pts: int
    is_keyframe: bool
    is_shown: bool


def clip(data: bytes) -> Clip:
    """The clip in the bytes of an MP4 file. Raises ValueError with the reason where they hold none."""
    try:
        with av.open(io.BytesIO(data), format="mp4") as file:
            stream = file.streams.video[0]
            packets = [Packet(p.pts, p.is_keyframe, not p.is_discard) for p in file.demux(stream) if p.size]
            base, width, height = stream.time_base, stream.width, stream.height
            last = int(stream.duration or 0)
    except (*BROKEN, IndexError) as error:
        raise ValueError(f"this is no MP4 file with a video stream: {error}") from None
    shown = sorted((p for p in packets if p.is_shown), key=lambda p: p.pts)
    if not shown:
        raise ValueError("the file shows no frame")
    length = (max(last, shown[-1].pts + 1) - shown[0].pts) * base
    keys = tuple(i for i, p in enumerate(shown) if p.is_keyframe)
    return Clip(data, len(shown), width, height, Fraction(len(shown)) / length, keys)


def cut(whole: Clip, first: int, end: int) -> Clip:
    """Frames `first` to `end` - 1, their coded bytes as they are.

    Where `first` is no keyframe, the frames from the keyframe before it stay in the file, hidden by its edit list.
    """
    if not 0 <= first < end <= whole.frames:
        raise ValueError(f"a clip of {whole.frames} frames has none from {first} to {end}")
    with av.open(io.BytesIO(whole.data), format="mp4") as file:
        stream = file.streams.video[0]
        packets = [p for p in file.demux(stream) if p.size]
        shown = sorted(p.pts for p in packets if not p.is_discard)
        start = shown[first]
        stop = shown[end] if end < len(shown) else start + _rest(whole, stream.time_base, shown, start)
        key = max(i for i, p in enumerate(packets) if p.is_keyframe and p.pts <= start)
        last = max(i for i, p in enumerate(packets) if p.pts < stop)
        data = _copied(stream, packets[key : last + 1], start, stop - start)
    return clip(data)


def _rest(whole: Clip, base: Fraction, shown: Sequence[int], start: int) -> int:
    """From `start` to the end of the last frame, in units of `base`."""
    length = round(whole.frames / whole.rate / base)
    return max(shown[0] + length, shown[-1] + 1) - start


def copied(stream: av.VideoStream, packets: Sequence[av.Packet]) -> Clip:
    """The packets of any container's stream as a clip of their own, nothing hidden at its end."""
    if any(p.dts is None for p in packets):  # of Matroska, where frames are shown in another order than coded
        order = sorted(p.pts for p in packets)
        late = max(time - p.pts for time, p in zip(order, packets, strict=True))
        for time, packet in zip(order, packets, strict=True):
            packet.dts = time - late
    shown = [p.pts for p in packets if not p.is_discard]
    lasting = next((p.duration for p in reversed(packets) if p.duration), 1)
    return clip(_copied(stream, packets, min(shown), max(shown) + lasting - min(shown)))


def _copied(stream: Any, packets: Sequence[Any], start: int, length: int) -> bytes:
    """An MP4 file of the packets, whose edit list shows `length` units of time from `start` on."""
    to = io.BytesIO()
    options = {**PLAIN, "movie_timescale": str(stream.time_base.denominator)}
    with av.open(to, "w", format="mp4", options=options) as file:
        copy = file.add_stream_from_template(stream)
        for packet in packets:
            packet.pts -= start
            packet.dts -= start
            packet.stream = copy
            file.mux(packet)
    data = bytearray(to.getvalue())
    scaled = round(length * stream.time_base.numerator)
    _place(data, scaled)
    return bytes(data)


def _place(data: bytearray, length: int) -> None:
    """Let the edit list end after `length` units of the movie's time."""
    at = _inside(data, b"moov", b"trak", b"edts", b"elst")
    version, count = data[at], struct.unpack_from(">I", data, at + 4)[0]
    entry = ">Qqi" if version else ">Iii"
    every = [struct.unpack_from(entry, data, at + 8 + i * struct.calcsize(entry)) for i in range(count)]
    real = next(i for i, (_, time, _) in enumerate(every) if time >= 0)
    struct.pack_into(entry[:2], data, at + 8 + real * struct.calcsize(entry), length)


def _inside(data: bytes | bytearray, *path: bytes) -> int:
    """Where the content of a box begins, by its path."""
    start, end = 0, len(data)
    for name in path:
        start, end = next((a, b) for kind, a, b in boxes(data, start, end) if kind == name)
    return start


def boxes(data: bytes | bytearray, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the content of each box. Raises ValueError where they don't fit."""
    while start < end:
        if end - start < 8:
            raise ValueError("a box of the file is cut short")
        size, kind = struct.unpack_from(">I4s", data, start)
        head = 8
        if size == 1 and end - start >= 16:
            size, head = struct.unpack_from(">Q", data, start + 8)[0], 16
        size = size or end - start
        if not head <= size <= end - start:
            raise ValueError(f"the box {kind!r} is cut short")
        yield kind, start + head, start + size
        start += size


def marked(data: bytes, marker: Mapping[str, str]) -> bytes:
    """The file with what the marker says as XMP in a box of its own; none for an empty marker."""
    if not marker:
        return data
    lines = "".join(
        f"<rdf:li>{html.escape(k, quote=False)}={html.escape(v, quote=False)}</rdf:li>"
        for k, v in marker.items()
    )
    source = marker.get("DigitalSourceType", "")
    said = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" '
        f'Iptc4xmpExt:DigitalSourceType="{html.escape(source)}"><dc:subject><rdf:Bag>{lines}</rdf:Bag></dc:subject>'
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()
    return data + struct.pack(">I4s", 24 + len(said), b"uuid") + XMP + said


def unmarked(data: bytes) -> bytes:
    """The file without a last box of XMP."""
    start, end = 0, len(data)
    for kind, a, b in boxes(data, 0, len(data)):
        start, end = (a - 8, b) if kind == b"uuid" and data[a : a + 16] == XMP else (len(data), len(data))
    return data[:start] if end == len(data) else data


def refused(error: Exception) -> UnreadableItem:
    """PyAV's words about a damaged file as a reason."""
    return UnreadableItem(f"it is damaged or no video: {error}")
