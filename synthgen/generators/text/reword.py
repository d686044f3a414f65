"""Put synonyms in the place of words, and phrases in the place of phrases."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, ClassVar

from synthgen.models import phrases, synonyms
from synthgen.models.phrases import Rephrasing
from synthgen.models.word_edits import SLACK, View, WordEdits, how_many, nothing
from synthgen.models.words import Edit, like
from synthgen.sample import Draw

if TYPE_CHECKING:
    import numpy as np


class Reword(WordEdits):
    """Words replaced by synonyms of their usual sense, in the same form, where their neighbours allow it, and phrases
    by phrases that say the same.

    English only: in other languages nearly every text fails. Negations, numbers, names, words with a feeling, and links
    stay. Payload: str. Label: kept. Source: Wei and Zou 2019 (EDA), synonym replacement; the synonyms are our own,
    chosen by hand among those of WordNet 3.0.
    """

    effect: ClassVar[str] = "reword"
    free_range: ClassVar[tuple[float, float]] = (0.0, 0.5)

    def edits(self, view: View, share: float, bounds: tuple[float, float], rng: np.random.Generator) -> Draw:
        able = self._able(view)
        count = how_many(share, bounds, len(view.words), len(able))
        if count is None:
            return nothing(share, view, len(able), bounds, "replaced by a synonym")
        most = max(count, math.floor(bounds[1] * len(view.words) + SLACK))
        changed, made, taken = 0, list[tuple[int, Edit]](), set[int]()
        for i in rng.permutation(len(able)):
            ways = able[int(i)]
            way = ways[int(rng.integers(len(ways)))]
            touched = range(way.first, way.last + 1)
            if changed >= count or changed + way.words > most or not taken.isdisjoint(touched):
                continue
            first, last = view.pieces[way.first], view.pieces[way.last]
            made.append((way.first, Edit(first.start, last.end, like(way.new, first.text))))
            taken.update(touched)
            changed += way.words
        if not changed or changed < bounds[0] * len(view.words) - SLACK:
            return nothing(share, view, 0, bounds, "replaced by a synonym")
        return {"share": changed / len(view.words), "edits": [list(one) for _, one in sorted(made)]}

    def _able(self, view: View) -> list[tuple[Rephrasing, ...]]:
        """For each place, the words and phrases that may stand there."""
        words = synonyms.candidates(view, gentle=self.domain == "legal")
        said = {} if self.domain == "legal" else phrases.rephrasings(view)
        return [
            (*(Rephrasing(at, at, 1, new) for new in words.get(at, ())), *said.get(at, ()))
            for at in sorted({*words, *said})
        ]


PLUGIN = Reword
