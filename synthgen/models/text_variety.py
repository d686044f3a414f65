"""How different texts are from each other in their words: shares of distinct runs of words, and self-BLEU."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

from synthgen.models.text_features import words

LONGEST = 4
"""Words of the longest runs that BLEU counts."""

Run = tuple[str, ...]


def variety(texts: Sequence[str]) -> dict[str, float]:
    """Distinct-1, distinct-2 and self-BLEU of texts; nothing of fewer than two."""
    if len(texts) < 2:
        return {}
    each = [words(text) for text in texts]
    return {
        "distinct-1": round(distinct(each, 1), 4),
        "distinct-2": round(distinct(each, 2), 4),
        "self-BLEU": round(self_bleu(each), 4),
    }


def distinct(texts: Sequence[Sequence[str]], n: int) -> float:
    """Distinct runs of `n` words as a share of all. Source: Li et al. 2016, section 5.1."""
    runs = [run for text in texts for run in _runs(text, n)]
    return len(set(runs)) / len(runs) if runs else 0.0


def self_bleu(texts: Sequence[Sequence[str]]) -> float:
    """The mean BLEU-4 of each text against all others: 0 where no word is said twice, 1 where all are the same.

    Source: Zhu et al. 2018 (Texygen); counts of longer runs are smoothed by one (Lin and Och 2004), so that short texts
    have a score too.
    """
    most = [_most([Counter(_runs(text, n)) for text in texts]) for n in range(1, LONGEST + 1)]
    lengths = sorted(map(len, texts))
    return sum(_bleu(i, text, most, lengths) for i, text in enumerate(texts)) / max(len(texts), 1)


def _bleu(
    i: int, text: Sequence[str], most: Sequence[dict[Run, tuple[int, int, int]]], lengths: list[int]
) -> float:
    if not text:
        return 0.0
    logs, orders = 0.0, min(LONGEST, len(text))
    for n in range(1, orders + 1):
        counts = Counter(_runs(text, n))
        hits = 0
        for run, count in counts.items():
            first, second, whose = most[n - 1][run]
            hits += min(count, second if whose == i else first)
        if n == 1 and not hits:
            return 0.0
        logs += math.log((hits + (n > 1)) / (counts.total() + (n > 1)))
    nearest = _nearest(lengths, len(text))
    return math.exp(logs / orders + min(0.0, 1 - nearest / len(text)))


def _most(counts: Sequence[Counter[Run]]) -> dict[Run, tuple[int, int, int]]:
    """For each run of words: the highest count in a text, the second highest, and whose the highest is."""
    found: dict[Run, tuple[int, int, int]] = {}
    for i, those in enumerate(counts):
        for run, n in those.items():
            first, second, whose = found.get(run, (0, 0, -1))
            found[run] = (n, first, i) if n > first else (first, max(second, n), whose)
    return found


def _nearest(lengths: list[int], own: int) -> int:
    """The length of the other text that is nearest to a text's own."""
    at = bisect_left(lengths, own)
    others = lengths[max(0, at - 1) : at] + lengths[at + 1 : at + 2]
    return min(others, key=lambda n: (abs(n - own), n), default=own)


def _runs(text: Sequence[str], n: int) -> list[Run]:
    return list(zip(*(text[i:] for i in range(n)), strict=False))
