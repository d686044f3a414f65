"""What texts look like, as vectors: hashed words and characters, no weights. Each row depends on its text alone."""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

EMBEDDED = 512
PRINTED = 512
SIGNED = 64
WINDOWS = ((1, 2), (2, 3))
"""Shares of a text that may be cut from it, as fingerprints of parts see it: at the start, the middle and the end."""
PART_WORDS = 8
"""Texts with fewer words have no parts."""

_WORD = re.compile(r"\S+")


def plain(text: str) -> str:
    """A text without what a mere copy may change: Unicode form, case, blanks, punctuation, invisible characters.

    Signs between two digits stay (1.5 is not 15), symbols and emoji too; empty where there is nothing to read.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _BETWEEN_DIGITS.sub(_BETWEEN, folded).translate(_KEPT)


_BETWEEN = "\ue000"
_BETWEEN_DIGITS = re.compile(r"(?<=\d)[.,:/-](?=\d)")


class _Kept(dict[int, str | None]):
    """Which characters `plain` keeps: letters, digits, the marks on them, and symbols."""

    def __missing__(self, code: int) -> str | None:
        c = chr(code)
        kind = unicodedata.category(c)
        unseen = kind == "Sk" or kind[0] in "PZC" or 0xFE00 <= code <= 0xFE0F
        self[code] = None if unseen and c != _BETWEEN else c
        return self[code]


_KEPT = _Kept()


def words(text: str) -> list[str]:
    """The words of a text without case, marks and punctuation; what is between blanks is a word."""
    return [word for part in _WORD.findall(text) if (word := _word(part))]


@lru_cache(maxsize=1 << 16)
def _word(part: str) -> str:
    return plain(part)


def signature(texts: Sequence[str]) -> Floats:
    """Vectors (n, 64) of -1 and 1 from a hash of `plain`: copies have the same, others differ by 2 somewhere."""
    out = np.empty((len(texts), SIGNED), np.float32)
    for row, text in zip(out, texts, strict=True):
        bare = plain(text) or "".join(text.split())
        digest = hashlib.blake2b(bare.encode("utf-8", "surrogatepass"), digest_size=SIGNED // 8).digest()
        row[:] = np.unpackbits(np.frombuffer(digest, np.uint8)) * np.float32(2) - 1
    return out


def embed(texts: Sequence[str]) -> Floats:
    """Unit vectors (n, 512): words, pairs of words, and characters inside words, hashed with signs.

    Source: Weinberger et al. 2009 (feature hashing); counts are damped, long words weigh more than the short ones
    that every text has.
    """
    return _hashed((_meaning(words(text)) for text in texts), len(texts), EMBEDDED)


def fingerprint(texts: Sequence[str]) -> Floats:
    """Unit vectors (n, 512) of the runs of four characters in a text: misspelling, moving or changing a few words of a
    copy turns them little."""
    return _hashed((_print(words(text)) for text in texts), len(texts), PRINTED)


def parts(text: str) -> Floats:
    """Fingerprints (p, 512) of a text and of what may be cut from it; itself first."""
    found = words(text)
    rows = [found]
    if len(found) >= PART_WORDS:
        for over, under in WINDOWS:
            size = -(-len(found) * over // under)
            rows += [
                found[start : start + size]
                for start in {0: 0, (len(found) - size) // 2: 0, len(found) - size: 0}
            ]
    return _hashed((_print(row) for row in rows), len(rows), PRINTED)


def _meaning(found: list[str]) -> Iterator[tuple[int, float]]:
    for word, n in Counter(found).items():
        weight = math.sqrt(n) * min(1.0, len(word) / 5)
        yield _hash("w", word), weight
        for code in _runs(word, 3):
            yield code, 0.35 * weight
    for pair in set(pairwise(found)):
        yield _hash("p", " ".join(pair)), 0.5


def _print(found: list[str]) -> Iterator[tuple[int, float]]:
    for word, n in Counter(found).items():
        for code in _runs(word, 4):
            yield code, math.sqrt(n)


@lru_cache(maxsize=1 << 16)
def _runs(word: str, n: int) -> tuple[int, ...]:
    """Hashes of the runs of `n` characters in a word with its two borders."""
    bordered = f" {word} "
    return tuple(_hash("c", bordered[i : i + n]) for i in range(max(1, len(bordered) - n + 1)))


@lru_cache(maxsize=1 << 17)
def _hash(kind: str, what: str) -> int:
    return zlib.crc32(f"{kind}{what}".encode("utf-8", "surrogatepass"))


def _hashed(rows: Iterable[Iterable[tuple[int, float]]], n: int, size: int) -> Floats:
    """Unit rows (n, size) of signed sums; a text without any feature points along the first axis."""
    out = np.zeros((n, size), np.float64)
    for row, features in zip(out, rows, strict=True):
        given = list(features)
        if given:
            codes = np.array([code for code, _ in given], np.int64)
            signs = np.where(codes >> 31 & 1, -1.0, 1.0)
            row[:] = np.bincount(codes % size, signs * [weight for _, weight in given], size)
        length = math.sqrt(float(np.dot(row, row)))
        if length < 1e-9:
            row[:] = 0
            row[0] = length = 1.0
        row /= length
    return out.astype(np.float32)
