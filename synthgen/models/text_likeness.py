"""How much two texts say the same, by their words alone: nothing to download."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from synthgen.models.lexis import FUNCTION, likeness, said

if TYPE_CHECKING:
    from numpy.typing import NDArray

BUCKETS = 1 << 15
LITTLE = 0.2
"""Weight of a word that says little by itself, next to a rare one's 1."""
MOST_WORDS = 400
"""Words of a text that are compared one by one; the rest count only where they are equal."""


def rarity(texts: Iterable[str]) -> NDArray[np.float16]:
    """How rare words are in these texts, 0.5 to 1, by a hash of the word (32768,)."""
    seen = np.zeros(BUCKETS, np.int64)
    n = 0
    for text in texts:
        n += 1
        for place in {_place(word) for word in said(text)}:
            seen[place] += 1
    return (0.5 + 0.5 * np.log((n + 1) / (seen + 1)) / math.log(n + 1 if n else 2)).astype(np.float16)


def similarity(a: str, b: str, rare: NDArray[np.float16]) -> float:
    """0 to 1: the share of the weight of all words that have a like on the other side, both directions, as an F-mean.

    Words are matched one to one, the likest first: equal, of one base form, synonyms, or spelled nearly alike.
    Source: Cohen et al. 2003 (soft TF-IDF), with the stages of matching of Banerjee and Lavie 2005 (METEOR).
    """
    ours, theirs = Counter(said(a)), Counter(said(b))
    both = ours & theirs
    shared = sum(_weight(word, rare) * n for word, n in both.items())
    lost, came = list((ours - both).elements())[:MOST_WORDS], list((theirs - both).elements())[:MOST_WORDS]
    pairs = sorted(
        ((like, i, j) for i, x in enumerate(lost) for j, y in enumerate(came) if (like := likeness(x, y))),
        key=lambda pair: (-pair[0], pair[1], pair[2]),
    )
    taken_i, taken_j = set[int](), set[int]()
    mine = yours = shared
    for like, i, j in pairs:
        if i not in taken_i and j not in taken_j:
            taken_i.add(i)
            taken_j.add(j)
            mine += like * _weight(lost[i], rare)
            yours += like * _weight(came[j], rare)
    whole = [sum(_weight(word, rare) * n for word, n in words.items()) for words in (ours, theirs)]
    if not all(whole):
        return float(a == b)
    there, back = mine / whole[0], yours / whole[1]
    return 2 * there * back / (there + back) if there + back else 0.0


def _weight(word: str, rare: NDArray[np.float16]) -> float:
    value = float(rare[_place(word)])
    return LITTLE * value if word in FUNCTION else value


def _place(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "surrogatepass")) % BUCKETS


def similarities(pairs: Sequence[tuple[str, str]], rare: NDArray[np.float16]) -> list[float]:
    """The similarity of each pair."""
    return [similarity(a, b, rare) for a, b in pairs]
