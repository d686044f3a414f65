"""Typing errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from synthgen.contract import Effect
from synthgen.generator import Generator, ShareInterval
from synthgen.models.word_edits import Rough, how_many, made, view_of
from synthgen.models.words import carries_label
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

Kind = Literal["neighbour", "drop", "double", "exchange", "case"]
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
SHORTEST = 4


def _neighbours() -> dict[str, str]:
    """The letters beside each letter on a QWERTY keyboard, whose rows are shifted by half a key."""
    found = {}
    for y, row in enumerate(_ROWS):
        for x, letter in enumerate(row):
            near = [(x - 1, y), (x + 1, y), (x, y - 1), (x + 1, y - 1), (x - 1, y + 1), (x, y + 1)]
            found[letter] = "".join(_ROWS[j][i] for i, j in near if 0 <= j < 3 and 0 <= i < len(_ROWS[j]))
    return found


NEIGHBOURS = _neighbours()


class Noise(Generator):
    """Typing errors in words: a key beside the right one, a letter left out, doubled or too early, a capital forgotten.

    Negations, numbers, codes, names, words with a feeling, links and entities stay, no word becomes one of them, and
    words of under four letters stay. One error a word. Payload: str. Label: kept. Leave it out where the spelling
    carries the label. Source: Belinkov and Bisk 2018 (synthetic and natural noise), section 3.2.
    """

    modality: ClassVar[str] = "text"
    carries: ClassVar[frozenset[str]] = frozenset({"entities"})

    share_range: ShareInterval = (0.0, 0.04)
    """Of the characters of the text; at least one is mistyped."""
    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)] = (
        "neighbour",
        "drop",
        "double",
        "exchange",
        "case",
    )
    domain: Rough = "any"

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("typos", *self.share_range, free=(0.0, 0.1), unit="of the characters"),)

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"typos": draw["share"]}

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        low, high = job.bounds.get("typos", self.share_range)
        share = float(rng.uniform(low, high))
        view = view_of(parents[0], self.domain)
        if isinstance(view, Failed):
            return {"share": share, "why": view.reason}
        length = len(view.text)
        able = [at for at in view.free_or_opening if len(view.pieces[at].text) >= SHORTEST]
        count = how_many(share, (low, high), length, len(able))
        if count is None:
            why = f"between {low:.3g} and {high:.3g} of its {length} characters should be mistyped, {len(able)} can be"
            return {"share": share, "why": why if able else "it has no word that may be mistyped"}
        edits: list[list[Any]] = []
        for i in rng.permutation(len(able)):
            if len(edits) == count:
                break
            piece = view.pieces[able[i]]
            if (error := self._error(piece.text, rng)) is not None:
                edits.append([piece.start + error[0], piece.start + error[1], error[2]])
        if len(edits) < count:
            return {
                "share": share,
                "why": "too few of its words stay words that carry no label when mistyped",
            }
        return {"share": count / length, "edits": sorted(edits)}

    def _error(self, word: str, rng: np.random.Generator) -> tuple[int, int, str] | None:
        """Where in the word, from and to, and what stands there then; None where all tries made words that say more."""
        for _ in range(8):
            kind = self.kinds[int(rng.integers(len(self.kinds)))]
            at = int(rng.integers(1, len(word) - 1))
            error = _mistyped(kind, word, at, rng)
            if error is None:
                continue
            start, end, new = error
            became = word[:start] + new + word[end:]
            if became != word and not carries_label(became):
                return error
        return None

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [made(work, self.domain) for work in batch]


def _mistyped(kind: Kind, word: str, at: int, rng: np.random.Generator) -> tuple[int, int, str] | None:
    letter = word[at]
    if kind == "case":
        return (0, 1, word[0].lower()) if word[0].isupper() and word[1:].islower() else None
    if kind == "drop":
        return at, at + 1, ""
    if kind == "double":
        return at, at + 1, letter * 2
    if kind == "exchange":
        return at, at + 2, word[at + 1] + letter
    beside = NEIGHBOURS.get(letter.lower())
    if beside is None:
        return None
    new = beside[int(rng.integers(len(beside)))]
    return at, at + 1, new.upper() if letter.isupper() else new


PLUGIN = Noise
