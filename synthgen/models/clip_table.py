"""The sample table of an MP4 file: where its coded frames lie, when each is shown; read and written without a codec.

Source: ISO/IEC 14496-12, sections 8.6 (times, edit lists) and 8.7 (sizes, chunks).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

UPRIGHT = struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1 << 30)
TEXT = b"\x55\xc4"  # the language code of "not said"
FTYP = b"isom" + struct.pack(">I", 512) + b"isomiso2avc1mp41"


class Table(NamedTuple):
    """Coded frames in the order of decoding; times in units of 1/scale seconds, of which an edit list shows some."""

    description: bytes
    """Content of the box `stsd`: the codec and its parameters."""
    width: int
    height: int
    scale: int
    decoded: Integers
    """When each frame is decoded, and at the end when the last is over (n + 1)."""
    shown: Integers
    keys: NDArray[np.bool_]
    sizes: Integers
    offsets: Integers
    start: int
    end: int

    def visible(self) -> NDArray[np.bool_]:
        """Which frames are shown."""
        return np.asarray((self.shown >= self.start) & (self.shown < self.end))


def read(data: bytes) -> Table:
    """The table of a file of one video track and at most one stretch shown. Raises ValueError for any other."""
    try:
        return _read(data)
    except (KeyError, IndexError, struct.error, TypeError) as error:
        raise ValueError(f"the file has another structure than expected: {error!r}") from None


def _read(data: bytes) -> Table:
    movie = _content(data, 0, len(data))["moov"]
    inside = _content(data, *movie)
    if "mvex" in inside:
        raise ValueError("the film comes in fragments")
    tracks = [_content(data, *place) for name, *place in boxes(data, *movie) if name == b"trak"]
    if len(tracks) != 1:
        raise ValueError(f"the film has {len(tracks)} tracks")
    track = tracks[0]
    media = _content(data, *track["mdia"])
    if data[media["hdlr"][0] + 8 : media["hdlr"][0] + 12] != b"vide":
        raise ValueError("its track is no video")
    stbl = _content(data, *_content(data, *media["minf"])["stbl"])
    scale = _times(data, media["mdhd"][0])
    sizes = _sizes(data, stbl["stsz"][0])
    n = len(sizes)
    lasting = _unrolled(*_runs(data, stbl["stts"][0]), n)
    decoded = np.concatenate([[0], np.cumsum(lasting)])
    shown = decoded[:-1].copy()
    if "ctts" in stbl:
        shown += _unrolled(*_runs(data, stbl["ctts"][0]), n)
    keys = np.ones(n, bool)
    if "stss" in stbl:
        keys[:] = False
        keys[_words(data, stbl["stss"][0])[0] - 1] = True
    description = data[slice(*stbl["stsd"])]
    if struct.unpack_from(">I", description, 4)[0] != 1:
        raise ValueError("its coded frames come in several formats")
    width, height = struct.unpack_from(">HH", description, 8 + 32)
    whole = int(shown.min()), int((shown + lasting).max())
    start, end = _edit(data, track, scale / _times(data, inside["mvhd"][0]), *whole)
    return Table(
        description,
        width,
        height,
        scale,
        decoded,
        shown,
        keys,
        sizes,
        _offsets(data, stbl, sizes),
        start,
        end,
    )


def _edit(
    data: bytes, track: dict[str, tuple[int, int]], ratio: float, first: int, last: int
) -> tuple[int, int]:
    """What is shown, in the media's time."""
    if "edts" not in track:
        return first, last
    at = _content(data, *track["edts"])["elst"][0]
    version, count = data[at], struct.unpack_from(">I", data, at + 4)[0]
    entry = ">QqI" if version else ">IiI"
    every = [struct.unpack_from(entry, data, at + 8 + i * struct.calcsize(entry)) for i in range(count)]
    real = [(length, time) for length, time, _ in every if time >= 0]
    if len(real) != 1 or every[-1][1] < 0:
        raise ValueError("it shows several stretches")
    length, start = real[0]
    end = start + round(length * ratio)
    # The movie's time may be coarser than the media's.
    return start, last if not length or abs(end - last) <= ratio else end


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


def _content(data: bytes, start: int, end: int) -> dict[str, tuple[int, int]]:
    return {kind.decode("latin1"): (a, b) for kind, a, b in boxes(data, start, end)}


def _times(data: bytes, at: int) -> int:
    """Units a second, of `mvhd` or `mdhd`."""
    return int(struct.unpack_from(">I", data, at + (20 if data[at] else 12))[0])


def _words(data: bytes, at: int, columns: int = 1, kind: str = ">u4") -> Integers:
    """The columns (columns, n) of a table of words that begins with version and count."""
    count = struct.unpack_from(">I", data, at + 4)[0]
    return np.frombuffer(data, kind, count * columns, at + 8).reshape(count, columns).T.astype(np.int64)


def _runs(data: bytes, at: int) -> tuple[Integers, Integers]:
    """Values, which may be below 0, and how often each comes."""
    counts, values = _words(data, at, 2, ">i4")
    return values, counts


def _unrolled(values: Integers, counts: Integers, n: int) -> Integers:
    """Each value as often as it comes, `n` in all."""
    if counts.min(initial=0) < 0 or counts.sum() != n:
        raise ValueError("its tables don't fit each other")
    return np.repeat(values, counts)


def _sizes(data: bytes, at: int) -> Integers:
    size, count = struct.unpack_from(">II", data, at + 4)
    if not 0 < count <= len(data):
        raise ValueError(f"it claims {count:,} frames")
    if size:
        return np.full(count, size, np.int64)
    return np.frombuffer(data, ">u4", count, at + 12).astype(np.int64)


def _offsets(data: bytes, stbl: dict[str, tuple[int, int]], sizes: Integers) -> Integers:
    """Where each coded frame begins in the file."""
    chunks = (
        _words(data, stbl["co64"][0], 1, ">u8")[0] if "co64" in stbl else _words(data, stbl["stco"][0])[0]
    )
    firsts, held, _ = _words(data, stbl["stsc"][0], 3)
    each = np.repeat(held, np.diff(np.append(firsts, len(chunks) + 1)))
    of = _unrolled(np.arange(len(chunks)), each, len(sizes))
    before = np.cumsum(sizes) - sizes
    opens = np.minimum(np.cumsum(each) - each, len(sizes) - 1)
    found: Integers = chunks[of] + before - before[opens][of]
    if found.min() < 0 or (found + sizes).max() > len(data):
        raise ValueError("its frames lie outside the file")
    return found


def coded(table: Table, data: bytes) -> bytes:
    """The bytes of the table's frames, one after the other."""
    ends = table.offsets + table.sizes
    breaks = np.flatnonzero(ends[:-1] != table.offsets[1:]) + 1
    runs = zip(table.offsets[[0, *breaks]].tolist(), ends[[*(breaks - 1), -1]].tolist(), strict=True)
    return b"".join(data[start:end] for start, end in runs)


def written(table: Table, payload: bytes) -> bytes:
    """An MP4 file of the table, whose coded frames lie one after the other in `payload`; its offsets are not used."""
    n, length = len(table.sizes), table.end - table.start
    runs = _squeezed(np.diff(table.decoded))
    stbl = [
        _box("stsd", table.description),
        _full("stts", struct.pack(">I", len(runs)) + runs.astype(">u4").tobytes()),
    ]
    if (late := table.shown - table.decoded[:-1]).any():
        runs = _squeezed(late)
        stbl.append(
            _full(
                "ctts", struct.pack(">I", len(runs)) + runs.astype(">i4").tobytes(), int(late.min() < 0) << 24
            )
        )
    if not table.keys.all():
        at = np.flatnonzero(table.keys) + 1
        stbl.append(_full("stss", struct.pack(">I", len(at)) + at.astype(">u4").tobytes()))
    stbl.append(_full("stsc", struct.pack(">4I", 1, 1, n, 1)))
    stbl.append(_full("stsz", struct.pack(">II", 0, n) + table.sizes.astype(">u4").tobytes()))
    beginning = _box("ftyp", FTYP)
    tail = _full("stco", struct.pack(">II", 1, 0))
    size = len(_movie(table, b"".join([*stbl, tail]), length))
    at_bytes = len(beginning) + size + 8
    movie = _movie(table, b"".join([*stbl, _full("stco", struct.pack(">II", 1, at_bytes))]), length)
    return b"".join([beginning, movie, struct.pack(">I4s", len(payload) + 8, b"mdat"), payload])


def _movie(table: Table, stbl: bytes, length: int) -> bytes:
    scale, media = table.scale, int(table.decoded[-1])
    track = struct.pack(">QQIIQ", 0, 0, 1, 0, length) + bytes(16) + UPRIGHT
    track += struct.pack(">II", table.width << 16, table.height << 16)
    place = _full("dref", struct.pack(">I", 1) + _full("url ", b"", 1))
    inner = _full("vmhd", bytes(8), 1) + _box("dinf", place) + _box("stbl", stbl)
    inner = (
        _full("mdhd", struct.pack(">QQIQ", 0, 0, scale, media) + TEXT + bytes(2), 1 << 24)
        + _full("hdlr", bytes(4) + b"vide" + bytes(12) + b"VideoHandler\0")
        + _box("minf", inner)
    )
    edit = _full("elst", struct.pack(">IQqI", 1, length, table.start, 1 << 16), 1 << 24)
    whole = struct.pack(">QQIQIH", 0, 0, scale, length, 1 << 16, 1 << 8) + bytes(10) + UPRIGHT + bytes(24)
    return _box(
        "moov",
        _full("mvhd", whole + struct.pack(">I", 2), 1 << 24)
        + _box("trak", _full("tkhd", track, (1 << 24) + 3) + _box("edts", edit) + _box("mdia", inner)),
    )


def _squeezed(values: Integers) -> Integers:
    """Rows of (how often, value) for each run of equal values."""
    starts = np.flatnonzero(np.diff(values, prepend=values[0] - 1 if len(values) else 0))
    return np.stack([np.diff(np.append(starts, len(values))), values[starts]], 1)


def _box(kind: str, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + kind.encode() + content


def _full(kind: str, content: bytes, flags: int = 0) -> bytes:
    """A box that begins with a version and flags."""
    return _box(kind, struct.pack(">I", flags) + content)
