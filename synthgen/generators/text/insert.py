"""Put further words between the words."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from synthgen.generator import ShareInterval
from synthgen.models import synonyms
from synthgen.models.word_edits import Rough, View, WordEdits, how_many, nothing
from synthgen.models.words import names
from synthgen.sample import Draw

if TYPE_CHECKING:
    import numpy as np


class Insert(WordEdits):
    """Synonyms of words of the text, put in at places of chance: ungrammatical, but of the same topic.

    Nothing comes in after a negation or a number, into a name or an entity, or at the start of a sentence. English
    only. Payload: str. Label: kept. Source: Wei and Zou 2019 (EDA), random insertion.
    """

    effect: ClassVar[str] = "insert_words"
    free_range: ClassVar[tuple[float, float]] = (0.0, 0.3)

    domain: Rough = "any"
    share_range: ShareInterval = (0.0, 0.2)
    """Of the words that the text has; at least one comes in."""

    def edits(self, view: View, share: float, bounds: tuple[float, float], rng: np.random.Generator) -> Draw:
        new = sorted({o for words in synonyms.candidates(view).values() for o in words})
        gaps = _gaps(view) if new else []
        count = how_many(share, bounds, len(view.words), min(len(gaps), len(new)))
        if count is None:
            why = "it has no word with a synonym, or no place where one may come in"
            return nothing(share, view, len(gaps), bounds, "added") if gaps else {"share": share, "why": why}
        chosen = sorted(int(gaps[i]) for i in rng.permutation(len(gaps))[:count])
        starts = [view.pieces[place].start for place in chosen]
        words = [new[i] for i in rng.permutation(len(new))[:count]]
        edits = [[start, start, word + " "] for start, word in zip(starts, words, strict=True)]
        return {"share": count / len(view.words), "edits": edits}


def _gaps(view: View) -> list[int]:
    """Places of words before which another word may stand."""
    named = names(view.pieces)
    allowed = set(view.free_or_opening)
    found = []
    for place in allowed - view.openers:
        before = view.near(place, -1)
        if before is not None and (before in allowed or before in named) and place not in named:
            found.append(place)
    return sorted(found)


PLUGIN = Insert
