"""Small changes after which a text no longer says what it said, for testing the filters that should notice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synthgen.models.lexis import listed
from synthgen.models.words import Edit, Token, applied, is_negation, like, names, tokens

if TYPE_CHECKING:
    import numpy as np

_AUXILIARIES = frozenset(
    listed("is are was were will would can could should must may might do does did has have had am")
)
_OTHERS = ("Okonkwo", "Vasquez", "Lindqvist", "Marseille", "Osaka", "Tanzania", "Hartwell", "Bergamo")
_WORTH = ("three", "seven", "eleven", "nineteen", "forty", "sixty")


def broken(text: str, rng: np.random.Generator) -> dict[str, str]:
    """By effect, the text with a negation put in or taken out, a number changed, a name changed; where it has one."""
    pieces = tokens(text)
    edits = {
        "negate": _negation(pieces, rng),
        "change_numbers": _number(pieces, rng),
        "change_names": _name(pieces, rng),
    }
    return {kind: applied(text, [edit])[0] for kind, edit in edits.items() if edit}


def _negation(pieces: list[Token], rng: np.random.Generator) -> Edit | None:
    """A plain `not` or `never` taken out, or a `not` put in after an auxiliary verb."""
    if any(piece.kind == "word" and is_negation(piece.text) for piece in pieces):
        plain = [
            i
            for i, piece in enumerate(pieces)
            if piece.text.lower() in ("not", "never") and i and pieces[i - 1].kind == "space"
        ]
        return Edit(pieces[plain[0] - 1].start, pieces[plain[0]].end, "") if plain else None
    able = [p for p in pieces if p.kind == "word" and p.text.lower() in _AUXILIARIES]
    return Edit((one := able[rng.integers(len(able))]).end, one.end, " not") if able else None


def _number(pieces: list[Token], rng: np.random.Generator) -> Edit | None:
    from synthgen.models.numerals import numbers

    able = [p for p in pieces if (said := numbers([p])) and not said[0].weak and p.kind in ("number", "word")]
    if not able:
        return None
    one = able[rng.integers(len(able))]
    digits = [i for i, c in enumerate(one.text) if c.isascii() and c.isdigit()]
    if not digits:
        others = [word for word in _WORTH if word != one.text.lower()]
        return Edit(one.start, one.end, like(others[rng.integers(len(others))], one.text))
    at = digits[0]
    new = str((int(one.text[at]) + int(rng.integers(1, 8))) % 9 + 1)
    new = new if new != one.text[at] else str(int(new) % 9 + 1)
    return Edit(one.start + at, one.start + at + 1, new)


def _name(pieces: list[Token], rng: np.random.Generator) -> Edit | None:
    able = [
        pieces[i] for i in sorted(names(pieces)) if pieces[i].text.isalpha() and not pieces[i].text.isupper()
    ]
    if not able:
        return None
    one = able[rng.integers(len(able))]
    return Edit(one.start, one.end, _OTHERS[rng.integers(len(_OTHERS))])
