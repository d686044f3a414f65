"""Texts as sparse rows of weighted terms: words, pairs of words, and runs of characters inside words.

Terms are known by a hash of 32 bits; the lowest bit tells words (1) from runs of characters (0).
"""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RUNS = (2, 3, 4, 5)
MOST_TERMS = 60_000
LONG = 64
"""Characters of a word that are looked at: a language without blanks writes whole sentences as one."""

_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of the training texts, sorted (v,), and how rare each is there (v,)."""

    codes: NDArray[np.uint32]
    rarity: NDArray[np.float32]

    def rows(self, texts: Sequence[str]) -> Any:
        """A sparse float32 matrix (n, v) of unit rows, half words and half runs; unknown terms do not count."""
        from scipy.sparse import csr_matrix

        columns, values, ends = [], [], [0]
        for text in texts:
            codes, counts = terms(text)
            place = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
            known = self.codes[place] == codes
            value = (1 + np.log(counts)) * np.where(known, self.rarity[place], 0)
            word = (codes & 1).astype(bool)
            for part in (word, ~word):
                value[part] /= max(math.sqrt(2 * float(np.dot(value[part], value[part]))), 1e-9)
            columns.append(place[known])
            values.append(value[known])
            ends.append(ends[-1] + int(known.sum()))
        data = np.concatenate(values or [np.empty(0)]).astype(np.float32)
        index = np.concatenate(columns or [np.empty(0)]).astype(np.int32)
        return csr_matrix((data, index, np.array(ends, np.int32)), (len(texts), len(self.codes)))


def fit(texts: Sequence[str]) -> Terms:
    """The terms of these texts, with the most frequent ones where there are too many."""
    found = [terms(text)[0] for text in texts]
    codes, held = np.unique(np.concatenate(found), return_counts=True)
    if len(codes) > MOST_TERMS:
        order = np.sort(np.lexsort((codes, -held))[:MOST_TERMS])
        codes, held = codes[order], held[order]
    rarity = np.log((1 + len(texts)) / (1 + held)) + 1
    return Terms(codes.astype(np.uint32), rarity.astype(np.float32))


def terms(text: str) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The codes of a text's terms, sorted, and how often each is there; a text without a word is one term."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text)) or ["\0"]
    low = [word.casefold() for word in words]
    own = [_code(word, 1) for word in low]
    own += [_code(f"{one} {next_}", 1) for one, next_ in zip(["\n", *low], [*low, "\n"], strict=True)]
    own += [_code(shape, 1) for word in words if (shape := _shape(word))]
    counted = Counter(chain(own, chain.from_iterable(map(_runs, low))))
    codes = np.fromiter(counted, np.uint32, len(counted))
    order = np.argsort(codes)
    return codes[order], np.fromiter(counted.values(), np.int64, len(counted))[order]


def _shape(word: str) -> str:
    """How a number or a shouted word looks: 0s for its digits, or nothing."""
    if _DIGIT.search(word):
        return "\1" + _DIGIT.sub("0", word.casefold())
    return "\2" if len(word) > 1 and word.isupper() else ""


@lru_cache(maxsize=1 << 16)
def _runs(word: str) -> tuple[int, ...]:
    bordered = f" {word[:LONG]} "
    return tuple(_code(bordered[i : i + n], 0) for n in RUNS for i in range(len(bordered) - n + 1))


@lru_cache(maxsize=1 << 17)
def _code(term: str, bit: int) -> int:
    return zlib.crc32(term.encode("utf-8", "surrogatepass")) & ~1 | bit
