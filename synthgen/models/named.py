"""The names in a text, and what became of them in a paraphrase."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from synthgen.models.lexis import bare, common, exchanged, likeness, listed
from synthgen.models.words import Token, is_number, names, sentiment

MOST_WORDS = 200
"""Words of a text without their equal on the other side that are compared one by one."""

_DAYS = frozenset(
    listed(
        "monday tuesday wednesday thursday friday saturday sunday january february april june july september october "
        "november december"
    )
)


def renamed(before: Sequence[Token], after: Sequence[Token], entities: Iterable[str]) -> list[str]:
    """What became of names: lost, come, or changed, each in words."""
    old, new = _names_in(before), _names_in(after, entities)
    old, new = _corrected(old, new), _corrected(new, old)
    lost = [run for run in old.sure if not any(word in new.words for word in run)]
    came = [run for run in new.sure if not any(word in old.words for word in run)]
    changed = [run for run in old.sure if run not in lost and any(word not in new.words for word in run)]
    added = [run for run in new.sure if run not in came and any(word not in old.words for word in run)]
    if changed and added:
        return [f"a name changed: {_said(changed)} became {_said(added)}"]
    if not lost and not came:
        lost, came = _perhaps(old, new), _perhaps(new, old)
        if not (lost and came):
            return []
    if not lost and (maybe := _perhaps(old, new)):
        lost = maybe
    if not came and (maybe := _perhaps(new, old)):
        came = maybe
    if lost and came:
        return [f"a name changed: {_said(lost)} became {_said(came)}"]
    return [f"a name was lost: {_said(lost)}"] if lost else [f"a name came: {_said(came)}"]


class _Names(NamedTuple):
    """Names as runs of lower-case words: sure ones, words that may be one, and all words of the text."""

    sure: list[tuple[str, ...]]
    perhaps: list[str]
    words: frozenset[str]


def _corrected(ours: _Names, theirs: _Names) -> _Names:
    """With the words of the other side beside ours where ours are the same but for two letters that changed places."""
    alone = [word for run in theirs.sure for word in run if len(word) > 3 and word not in ours.words]
    meant = {word for word in alone if any(exchanged(word, other) for other in ours.words)}
    return ours._replace(words=ours.words | meant)


def _names_in(pieces: Sequence[Token], entities: Iterable[str] = ()) -> _Names:
    sure, perhaps = list[tuple[str, ...]](), list[str]()
    places = names(pieces)
    last = -9
    for i, piece in enumerate(pieces):
        if piece.kind != "word":
            continue
        word = bare(piece.text)
        shouted = piece.text.isupper() and len(word) > 1 and common(word)
        if (i in places and not shouted) or word in _DAYS:
            joins = i == last + 2 and pieces[i - 1].text == " " and word not in _DAYS
            sure.append((*(sure.pop() if joins and sure else ()), word))
            last = i
        elif len(word) > 2 and not common(word) and not is_number(word) and word not in sentiment():
            perhaps.append(word)
    sure += [(bare(word),) for word in entities]
    words = frozenset(bare(piece.text) for piece in pieces if piece.kind == "word")
    return _Names(sure, perhaps, words)


def _perhaps(ours: _Names, theirs: _Names) -> list[tuple[str, ...]]:
    """Words on this side alone that no dictionary knows, and that are not the other side's spelled otherwise."""
    alone = [word for word in ours.perhaps if word not in theirs.words][:MOST_WORDS]
    others = sorted(theirs.words - ours.words)[:MOST_WORDS]
    return [(word,) for word in alone if not any(likeness(word, other) for other in others)]


def _said(runs: Sequence[Sequence[str]]) -> str:
    return ", ".join(repr(" ".join(run)) for run in runs)


def swapped(before: Sequence[Token], after: Sequence[Token]) -> list[str]:
    """Names or numbers that changed places while all else stayed where it was."""
    ours, theirs = _frame(before), _frame(after)
    if (
        ours.rest != theirs.rest
        or ours.claims == theirs.claims
        or sorted(ours.claims) != sorted(theirs.claims)
    ):
        return []
    return [f"names or numbers changed places: {', '.join(ours.claims)} became {', '.join(theirs.claims)}"]


class _Frame(NamedTuple):
    rest: list[str]
    claims: list[str]


def _frame(pieces: Sequence[Token]) -> _Frame:
    places = names(pieces)
    rest, claims = list[str](), list[str]()
    for i, piece in enumerate(pieces):
        if piece.kind in ("space", "punct"):
            continue
        claim = piece.kind == "number" or is_number(piece.text) or i in places or not common(bare(piece.text))
        rest.append("" if claim else piece.text.lower())
        claims += re.findall(r"\w+", piece.text.lower()) if claim else []
    return _Frame(rest, claims)
