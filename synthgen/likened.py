"""Two texts side by side: which words one has in place of the other's."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher
from html import escape
from typing import NamedTuple

MOST_WORDS = 600
"""Of longer texts the rest counts as different: the comparison grows with the square of the length."""

_PIECE = re.compile(r"\s+|\w+|[^\w\s]")


class Piece(NamedTuple):
    """A run of characters, and whether the other text has something else there."""

    text: str
    differs: bool


class Compared(NamedTuple):
    """Both texts in pieces; joined, they are the texts."""

    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


def compared(before: str, after: str) -> Compared:
    """The words that two texts share, and those that they do not."""
    one, other = _PIECE.findall(before), _PIECE.findall(after)
    matcher = SequenceMatcher(None, one[: 2 * MOST_WORDS], other[: 2 * MOST_WORDS], autojunk=False)
    left, right = list[Piece](), list[Piece]()
    for kind, i, j, k, m in matcher.get_opcodes():
        for side, run in ((left, one[i:j]), (right, other[k:m])):
            if run:
                side.append(Piece("".join(run), kind != "equal"))
    for side, rest in ((left, one[2 * MOST_WORDS :]), (right, other[2 * MOST_WORDS :])):
        if rest:
            side.append(Piece("".join(rest), True))
    return Compared(tuple(left), tuple(right))


def html(pieces: Iterable[Piece], mark: str) -> str:
    """A text as a paragraph of HTML, escaped, with an element called `mark` around what differs."""
    inside = "".join(f"<{mark}>{escape(p.text)}</{mark}>" if p.differs else escape(p.text) for p in pieces)
    return f'<p class="words" dir="auto">{inside}</p>'
