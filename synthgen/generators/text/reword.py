"""Put synonyms in the place of words."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from synthgen.models import synonyms
from synthgen.models.word_edits import View, WordEdits, edit, how_many, nothing
from synthgen.models.words import like
from synthgen.sample import Draw

if TYPE_CHECKING:
    import numpy as np


class Reword(WordEdits):
    """Words replaced by synonyms of their usual sense, in the same form, where their neighbours allow it.

    English only: in other languages nearly every text fails. Negations, numbers, names, words with a feeling, and links
    stay. Payload: str. Label: kept. Source: Wei and Zou 2019 (EDA), synonym replacement; the synonyms are our own,
    chosen by hand among those of WordNet 3.0.
    """

    effect: ClassVar[str] = "reword"
    free_range: ClassVar[tuple[float, float]] = (0.0, 0.5)

    def edits(self, view: View, share: float, bounds: tuple[float, float], rng: np.random.Generator) -> Draw:
        able = synonyms.candidates(view, gentle=self.domain == "legal")
        count = how_many(share, bounds, len(view.words), len(able))
        if count is None:
            return nothing(share, view, len(able), bounds, "replaced by a synonym")
        places = sorted(able)
        chosen = sorted(int(places[i]) for i in rng.permutation(len(places))[:count])
        made = []
        for place in chosen:
            piece = view.pieces[place]
            new = able[place][int(rng.integers(len(able[place])))]
            made.append(list(edit(piece, like(new, piece.text))))
        return {"share": count / len(view.words), "edits": made}


PLUGIN = Reword
