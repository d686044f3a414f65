"""Let words change places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field

from synthgen.generator import ShareInterval
from synthgen.models.word_edits import Rough, View, WordEdits, edit, how_many, nothing
from synthgen.models.words import like
from synthgen.sample import Draw

if TYPE_CHECKING:
    import numpy as np


class Swap(WordEdits):
    """Pairs of words of one sentence that change places.

    Negations, numbers, names, words with a feeling, those on which the meaning turns (if, only, must), links and
    entities stay where they are, and what stands between two words of a pair is none of these. Payload: str.
    Label: kept. Source: Wei and Zou 2019 (EDA), random swap.
    """

    effect: ClassVar[str] = "reorder"
    free_range: ClassVar[tuple[float, float]] = (0.0, 0.3)

    domain: Rough = "any"
    share_range: ShareInterval = (0.0, 0.3)
    """Of the words; at least two move."""
    reach_words: Annotated[int, Field(ge=1, le=1000)] = 4
    """How far a word moves at most."""

    def edits(self, view: View, share: float, bounds: tuple[float, float], rng: np.random.Generator) -> Draw:
        pairs = self._pairs(view)
        chosen: list[tuple[int, int]] = []
        taken: set[int] = set()
        for i in rng.permutation(len(pairs)):
            if not taken & set(pairs[i]):
                chosen.append(pairs[i])
                taken |= set(pairs[i])
        count = how_many(share, bounds, len(view.words), len(chosen), unit=2)
        if count is None:
            return nothing(share, view, 2 * len(chosen), bounds, "moved")
        made = []
        for one, other in chosen[:count]:
            first, second = view.pieces[one], view.pieces[other]
            # What moves to the start of a sentence takes its capital along.
            new_first, new_second = second.text, first.text
            if one in view.openers and first.text[0].isupper():
                new_first = like(second.text, "A")
                if first.text[:2] not in ("I", "I'", "I’") and not first.text.isupper():
                    new_second = first.text.lower()
            made += [list(edit(first, new_first)), list(edit(second, new_second))]
        return {"share": 2 * count / len(view.words), "edits": sorted(made)}

    def _pairs(self, view: View) -> list[tuple[int, int]]:
        """Places of words that may change places: free, not the same, and with only free words between them."""
        free = set(view.free)
        found = []
        for one in view.free:
            at: int | None = one
            for _ in range(self.reach_words):
                at = view.near(at, 1) if at is not None else None
                if at is None or at not in free:
                    break
                if view.pieces[at].text.lower() != view.pieces[one].text.lower():
                    found.append((one, at))
        return found


PLUGIN = Swap
