"""What a clip is: an MP4 file with one video stream, cut without decoding a pixel.

Where a file has one plain track its tables are read and written here; any other is brought to that by PyAV (FFmpeg).
Source: ISO/IEC 14496-12 (boxes, edit lists); XMP specification part 3, section 1.1.5 (MP4).
"""

from __future__ import annotations

import html
import io
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple
from uuid import UUID

import av
import numpy as np

from synthgen.errors import UnreadableItem
from synthgen.models import clip_table
from synthgen.models.clip_table import Table, boxes

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
        return made_of(clip_table.read(data), data)
    except ValueError:
        return _asked(data)


def made_of(table: Table, data: bytes) -> Clip:
    """What the table of a file says that it shows."""
    seen = table.visible()
    order = np.flatnonzero(seen)[np.argsort(table.shown[seen], kind="stable")]
    if not len(order):
        raise ValueError("the file shows no frame")
    length = table.end - int(table.shown[order[0]])
    keys = tuple(np.flatnonzero(table.keys[order]).tolist())
    rate = Fraction(len(order) * table.scale, length)
    return Clip(data, len(order), table.width, table.height, rate, keys)


def _asked(data: bytes) -> Clip:
    """What FFmpeg says that the file shows."""
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
    table, data = plain(whole)
    start, stop, key, last = stretch(table, first, end)
    return sliced(table, data, key, last, start, stop)


def stretch(table: Table, first: int, end: int) -> tuple[int, int, int, int]:
    """Of frames `first` to `end` - 1 of those shown: from and to which time they are, and from and to which row of the
    table (that one excluded) decoding them goes."""
    seen = np.sort(table.shown[table.visible()])
    if not 0 <= first < end <= len(seen):
        raise ValueError(f"a clip of {len(seen)} frames has none from {first} to {end}")
    start = int(seen[first])
    stop = int(seen[end]) if end < len(seen) else table.end
    key = int(np.flatnonzero(table.keys & (table.shown <= start)).max())
    return start, stop, key, int(np.flatnonzero(table.shown < stop).max()) + 1


def sliced(table: Table, data: bytes, key: int, last: int, start: int, stop: int) -> Clip:
    """The rows from `key` to `last` - 1 as a clip of its own that shows what lies from `start` to `stop`."""
    began = int(table.decoded[key])
    rows = slice(key, last)
    part = table._replace(
        decoded=table.decoded[key : last + 1] - began, shown=table.shown[rows] - began, keys=table.keys[rows],
        sizes=table.sizes[rows], offsets=table.offsets[rows], start=start - began, end=stop - began,
    )  # fmt: skip
    return made_of(part, clip_table.written(part, clip_table.coded(part, data)))


def plain(whole: Clip) -> tuple[Table, bytes]:
    """The clip's table and the file that it speaks of, which is written anew where it has an unusual structure."""
    try:
        return clip_table.read(whole.data), whole.data
    except ValueError:
        with av.open(io.BytesIO(whole.data), format="mp4") as file:
            stream = file.streams.video[0]
            data = copied(stream, [p for p in file.demux(stream) if p.size]).data
        return clip_table.read(data), data


def retimed(whole: Clip, speed: float) -> Clip:
    """The same coded frames, shown `speed` times as fast."""
    table, data = plain(whole)
    factor = Fraction(speed).limit_denominator(1000)
    times = [x * factor.denominator for x in (table.decoded, table.shown)]
    start, end = (x * factor.denominator for x in (table.start, table.end))
    scale = table.scale * factor.numerator
    common = math.gcd(scale, start, end, int(np.gcd.reduce(times[0])), int(np.gcd.reduce(times[1])))
    decoded, shown = (x // common for x in times)
    table = table._replace(
        decoded=decoded, shown=shown, scale=scale // common, start=start // common, end=end // common
    )
    return made_of(table, clip_table.written(table, clip_table.coded(table, data)))


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
