"""Cut a clip to the frame with nothing hidden: only groups of frames at its edges are encoded again.

Source: ISO/IEC 14496-15, section 5.3.3 (one decoder configuration may hold several parameter sets).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synthgen.models import clip_table
from synthgen.models.clip import Clip, cut, made_of, plain, stretch
from synthgen.models.clip_frames import arranged, encoded, rising
from synthgen.models.clip_table import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

HEAD = 8 + 8 + 78
"""Of `stsd`: its version and count, then the entry's own head and fields, and then its boxes."""
IDR = 5


class Sets(NamedTuple):
    """What a decoder of H.264 is told before it begins: `avcC`."""

    profile: bytes
    length_size: int
    sequence: tuple[bytes, ...]
    picture: tuple[bytes, ...]
    rest: bytes


class Piece(NamedTuple):
    """Coded frames in the order of decoding, and when each is shown in the whole clip's time."""

    coded: bytes
    sizes: NDArray[np.int64]
    keys: NDArray[np.bool_]
    shown: NDArray[np.int64]


def recut(whole: Clip, first: int, end: int) -> Clip:
    """Frames `first` to `end` - 1, none hidden. Groups that lie inside stay as they are coded; of those that a cut runs
    through, the frames left are encoded again. Other codecs than H.264 are encoded again as a whole."""
    table, data = plain(whole)
    start, stop, key, last = stretch(table, first, end)
    rows = np.arange(key, last)
    if (table.shown[rows] >= start).all() and (table.shown[rows] < stop).all():
        return cut(whole, first, end)
    body = _inside(table, data, rows, start, stop)
    sets = _sets(table.description)
    if not len(body) or sets is None or sets.length_size != 4:
        return arranged(whole, range(first, end))
    low, high = int(table.shown[body].min()), int(table.shown[body].max())
    seen = np.sort(table.shown[table.visible()])
    number = next(i for i in range(1, 32) if i not in _ids(sets))
    before, after = (
        [i for i in range(first, end) if seen[i] < low],
        [i for i in range(first, end) if seen[i] > high],
    )
    pieces = [_again(whole, places, seen, number) for places in (before, after) if places]
    sets = _joined(sets, *(found for _, found in pieces))
    parts = [_copied(table, data, body)]
    if before:
        parts.insert(0, pieces[0][0])
    if after:
        parts.append(pieces[-1][0])
    return _assembled(table, sets, parts, start, stop)


def _inside(table: Table, data: bytes, rows: NDArray[np.int64], start: int, stop: int) -> NDArray[np.int64]:
    """Rows of the groups that can stay: from the first keyframe shown to the last one, or the end if all is shown."""
    keys = rows[table.keys[rows] & (table.shown[rows] >= start) & (table.shown[rows] < stop)]
    if not len(keys) or not all(_begins_with_idr(data, table, k) for k in keys.tolist()):
        return rows[:0]
    body = rows[(rows >= keys[0]) & (table.shown[rows] >= table.shown[keys[0]])]
    if (table.shown[body] < stop).all():
        return np.asarray(body)
    return np.asarray(body[(body < keys[-1]) & (table.shown[body] < table.shown[keys[-1]])])


def _begins_with_idr(data: bytes, table: Table, row: int) -> bool:
    """Whether the first picture in a coded frame can be decoded without any before it."""
    at, end = int(table.offsets[row]), int(table.offsets[row] + table.sizes[row])
    while at + 5 <= end:
        kind = data[at + 4] & 31
        if 1 <= kind <= 5:
            return kind == IDR
        at += 4 + int(struct.unpack_from(">I", data, at)[0])
    return False


def _copied(table: Table, data: bytes, rows: NDArray[np.int64]) -> Piece:
    part = table._replace(sizes=table.sizes[rows], offsets=table.offsets[rows])
    return Piece(clip_table.coded(part, data), table.sizes[rows], table.keys[rows], table.shown[rows])


def _again(whole: Clip, places: Sequence[int], seen: NDArray[np.int64], number: int) -> tuple[Piece, Sets]:
    """The frames at these places encoded again, with parameter sets of this number."""
    fresh = encoded(rising(whole, places), whole.rate, number=number)
    table = clip_table.read(fresh.data)
    sets = _sets(table.description)
    if sets is None:
        raise ValueError("the coder gave no parameter sets")
    return Piece(clip_table.coded(table, fresh.data), table.sizes, table.keys, seen[list(places)]), sets


def _assembled(table: Table, sets: Sets, parts: Sequence[Piece], start: int, stop: int) -> Clip:
    shown = np.concatenate([part.shown for part in parts])
    order = np.sort(shown)
    late = int((order - shown).max())
    new = table._replace(
        description=_described(table.description, sets),
        decoded=np.append(order, stop) - order[0],
        shown=shown - order[0] + late,
        keys=np.concatenate([part.keys for part in parts]),
        sizes=np.concatenate([part.sizes for part in parts]),
        start=late,
        end=stop - start + late,
    )
    return made_of(new, clip_table.written(new, b"".join(part.coded for part in parts)))


def _sets(description: bytes) -> Sets | None:
    """The parameter sets in `stsd`; None for another codec than H.264."""
    if description[12:16] != b"avc1":
        return None
    found = [
        (a, b) for kind, a, b in clip_table.boxes(description, HEAD, len(description)) if kind == b"avcC"
    ]
    if len(found) != 1:
        return None
    data = description[slice(*found[0])]
    sequence, at = _units(data, 6, data[5] & 31)
    picture, at = _units(data, at + 1, data[at])
    return Sets(data[1:4], (data[4] & 3) + 1, sequence, picture, data[at:])


def _units(data: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    """So many units, each behind its length, and where they end."""
    units = []
    for _ in range(count):
        size = int(struct.unpack_from(">H", data, at)[0])
        units.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    return tuple(units), at


def _joined(sets: Sets, *others: Sets) -> Sets:
    profile = max(sets.profile, *(other.profile for other in others), key=lambda p: (p[0], p[2]))
    level = max(s.profile[2] for s in (sets, *others))
    sequence = dict.fromkeys(unit for s in (sets, *others) for unit in s.sequence)
    picture = dict.fromkeys(unit for s in (sets, *others) for unit in s.picture)
    rest = next((s.rest for s in (sets, *others) if s.rest), b"")
    return Sets(profile[:2] + bytes([level]), sets.length_size, tuple(sequence), tuple(picture), rest)


def _described(description: bytes, sets: Sets) -> bytes:
    """The box `stsd` with these parameter sets in place of its own."""
    told = b"\x01" + sets.profile + bytes([0xFC | (sets.length_size - 1), 0xE0 | len(sets.sequence)])
    told += b"".join(struct.pack(">H", len(unit)) + unit for unit in sets.sequence)
    told += (
        bytes([len(sets.picture)]) + b"".join(struct.pack(">H", len(u)) + u for u in sets.picture) + sets.rest
    )
    inner = b"".join(
        struct.pack(">I4s", 8 + len(told), kind) + told if kind == b"avcC" else description[a - 8 : b]
        for kind, a, b in clip_table.boxes(description, HEAD, len(description))
    )
    entry = description[12:HEAD] + inner
    return description[:8] + struct.pack(">I", 4 + len(entry)) + entry


def _ids(sets: Sets) -> set[int]:
    """The numbers of all parameter sets."""
    return {_golomb(unit, 4) for unit in sets.sequence} | {_golomb(unit, 1) for unit in sets.picture}


def _golomb(unit: bytes, at: int) -> int:
    """The first number after `at` bytes, in the code of Exp-Golomb."""
    bits = "".join(f"{byte:08b}" for byte in unit[at : at + 8])
    zeros = bits.index("1")
    return int(bits[zeros : 2 * zeros + 1], 2) - 1
