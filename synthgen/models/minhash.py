"""Near-duplicates among very many texts: MinHash signatures of runs of characters, and bands of them that agree.

Source: Broder 1997 (resemblance), Leskovec et al. 2014 (Mining of Massive Datasets), chapter 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Signatures = NDArray[np.uint32]

RUN = 5
"""Characters of a shingle."""
HASHES = 96
ROWS = 4
"""Signature values that a band holds: a pair with half of its shingles in common meets in one of the 24 bands with
probability 0.8, one with 8 in 10 in common practically always."""
BLOCK = 1 << 20
"""Characters whose shingles are hashed at once."""
CROWD = 16
"""Of equal bands, each text is compared with the first one and with this many before it."""

_GAPS = re.compile(r"[\W_]+")


def signatures(texts: Sequence[str]) -> Signatures:
    """MinHash values (n, 96): the share of equal values in two rows estimates the share of their shingles in common.

    Case, blanks and punctuation don't count; a text shorter than a shingle is one shingle.
    """
    out = np.empty((len(texts), HASHES), np.uint32)
    for start, stop, codes, starts in _shingles(texts):
        for k, (factor, shift) in enumerate(_family()):
            mixed = codes * factor + shift
            mixed ^= mixed >> np.uint32(15)
            out[start:stop, k] = np.minimum.reduceat(mixed * np.uint32(0x2C1B3C6D), starts)
    return out


def likeness(a: Signatures, b: Signatures) -> NDArray[np.float32]:
    """The estimated share of shingles in common (n,) of each row of `a` with that row of `b`."""
    return np.asarray((a == b).mean(1), np.float32)


def twins(rows: Signatures, least: float = 0.8) -> dict[int, int]:
    """For each row that is nearly the same as an earlier one: which, the first that is like it."""
    found: dict[int, int] = {}
    for later, earlier in _agreeing(rows, least):
        found[later] = min(earlier, found.get(later, earlier))
    return found


def among(rows: Signatures, others: Signatures, least: float = 0.8) -> dict[int, int]:
    """For each row that is nearly the same as one of `others`: which, the first that is like it."""
    both = np.concatenate([others, rows])
    found: dict[int, int] = {}
    for later, earlier in _agreeing(both, least, len(others)):
        found[later - len(others)] = min(earlier, found.get(later - len(others), earlier))
    return found


def _agreeing(rows: Signatures, least: float, border: int | None = None) -> Iterator[tuple[int, int]]:
    """Pairs (later, earlier) that share a band and enough values; across the border alone, if there is one."""
    bands = np.stack([_band(rows[:, k : k + ROWS]) for k in range(0, rows.shape[1], ROWS)])
    for k, band in enumerate(bands):
        pairs = _meeting(band, border)
        for start in range(0, len(pairs), BLOCK // HASHES):
            later, earlier = pairs[start : start + BLOCK // HASHES].T
            new = ~(bands[:k, later] == bands[:k, earlier]).any(0)  # else they met in a band before
            later, earlier = later[new], earlier[new]
            like = likeness(rows[later], rows[earlier]) >= least
            yield from zip(later[like].tolist(), earlier[like].tolist(), strict=True)


def _meeting(band: NDArray[np.uint64], border: int | None) -> NDArray[np.int64]:
    """Pairs (later, earlier) of positions with equal bands: with the first of them, and with those just before."""
    order = np.argsort(band, kind="stable")
    ordered = band[order]
    new = np.concatenate([[True], ordered[1:] != ordered[:-1]])
    group = np.cumsum(new) - 1
    first = np.flatnonzero(new)[group]
    sizes = np.bincount(group)[group]
    members = np.flatnonzero(sizes > 1)
    pairs = []
    largest = int(sizes.max(initial=1))
    for back in range(1, min(largest, CROWD) + 1):
        mine = members[members - back >= first[members]]
        if not len(mine):
            break
        pairs.append(np.stack([order[mine], order[mine - back]], 1))
    far = members[members - first[members] > CROWD]
    pairs.append(np.stack([order[far], order[first[far]]], 1))
    found = np.concatenate(pairs)
    return found if border is None else found[(found[:, 0] >= border) & (found[:, 1] < border)]


def _band(values: Signatures) -> NDArray[np.uint64]:
    """Each row of a band as one number."""
    mixed = np.zeros(len(values), np.uint64)
    for column in values.T:
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def _shingles(texts: Sequence[str]) -> Iterator[tuple[int, int, Signatures, NDArray[np.int64]]]:
    """Hashes of the shingles of some texts at a time, and where those of each text start."""
    start = 0
    while start < len(texts):
        bare, size, stop = list[str](), 0, start
        while stop < len(texts) and (size < BLOCK or not bare):
            bare.append(_GAPS.sub(" ", texts[stop].casefold()).strip() or texts[stop].strip())
            size += len(bare[-1])
            stop += 1
        joined = "".join(text + "\0" * RUN for text in bare)
        codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), np.uint32)
        lengths = np.array([len(text) for text in bare])
        counts = np.maximum(lengths - (RUN - 1), 1)
        begins = np.cumsum([0, *(lengths + RUN)[:-1]])
        hashed = np.zeros(len(codes) - (RUN - 1), np.uint32)
        for i in range(RUN):
            hashed = (hashed + codes[i : len(codes) - (RUN - 1) + i]) * np.uint32(0x01000193)
            hashed ^= hashed >> np.uint32(13)
        starts = np.cumsum([0, *counts[:-1]])
        places = np.arange(int(counts.sum())) + np.repeat(begins - starts, counts)
        yield start, stop, hashed[places], starts
        start = stop


def _family() -> list[tuple[np.uint32, np.uint32]]:
    """Odd factors and shifts, one pair a hash: the digits of a fixed sequence."""
    value, out = 0x243F6A8885A308D3, []
    for _ in range(HASHES):
        value = (value * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append((np.uint32(value >> 32 | 1), np.uint32(value & 0xFFFFFFFF)))
    return out
