"""Leave words out."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.generator import ShareInterval
from synthgen.models.word_edits import Rough, View, WordEdits, how_many, nothing
from synthgen.models.words import like
from synthgen.sample import Draw

if TYPE_CHECKING:
    import numpy as np


class Delete(WordEdits):
    """Some words left out, with one blank each.

    Negations, numbers, names, words with a feeling, those on which the meaning turns (if, only, must), links and
    entities stay, and at least two words are left. Payload: str. Label: kept.
    Source: Wei and Zou 2019 (EDA), random deletion.
    """

    effect: ClassVar[str] = "drop_words"
    free_range: ClassVar[tuple[float, float]] = (0.0, 0.3)

    domain: Rough = "any"
    share_range: ShareInterval = (0.0, 0.2)
    """Of the words; at least one goes."""

    def edits(self, view: View, share: float, bounds: tuple[float, float], rng: np.random.Generator) -> Draw:
        able = [at for at in view.free if _stands_alone(view, at)]
        most = min(len(able), len(view.words) - 2)
        count = how_many(share, bounds, len(view.words), most)
        if count is None:
            return nothing(share, view, max(most, 0), bounds, "left out")
        chosen = {int(able[i]) for i in rng.permutation(len(able))[:count]}
        return {"share": count / len(view.words), "edits": _without(view, chosen)}


def _stands_alone(view: View, place: int) -> bool:
    """Whether a word can go without gluing together what stands beside it."""
    before, after = view.pieces[max(place - 1, 0)], view.pieces[min(place + 1, len(view.pieces) - 1)]
    return (place == 0 or before.kind == "space") and (
        after.kind == "space" or place == len(view.pieces) - 1 or after.text[0] in ".,;:!?)"
    )


def _without(view: View, chosen: Collection[int]) -> list[list[Any]]:
    """Edits that take words out; what begins a sentence then gets the capital."""
    pieces = view.pieces
    gone: set[int] = set()
    capital: dict[int, str] = {}
    for place in sorted(chosen):
        gone.add(place)
        beside = [at for at in (place - 1, place + 1) if 0 <= at < len(pieces) and at not in gone]
        blank = next((at for at in beside if pieces[at].kind == "space"), None)
        if blank is not None:
            gone.add(blank)
        model = capital.pop(place, pieces[place].text if place in view.openers else "")
        follower = view.near(place, 1)
        if follower is not None and model[:1].isupper():
            capital[follower] = model
    edits = [[pieces[at].start, pieces[at].end, ""] for at in gone]
    for place, model in capital.items():
        one = pieces[place]
        if one.text.islower() and not any(a < one.end and one.start < b for a, b in view.spans):
            edits.append([one.start, one.end, like(one.text, model[0] + model[1:].lower())])
    return sorted(edits)


PLUGIN = Delete
