"""English phrases that may stand for each other: what a word alone cannot say in other words, a phrase often can."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from synthgen.models.word_edits import View
from synthgen.models.words import LONG, carries_label

TABLE = Path(__file__).with_name("phrases.txt")
STARTS, ENDS, ANY = "^", "$", "ANY"
CLASSES = {
    kind: frozenset(words.split())
    for kind, words in {
        "DET": "a an the this these that those my your his her its our their",
        "WH": "what when where who whom why how which whether",
        "SUBJ": "i you we they",
        "IS": "a an the this my your his her our their not so very too really quite all pretty",
    }.items()
}
_OPEN = frozenset((*CLASSES, STARTS, ENDS, ANY))


class Phrase(NamedTuple):
    """Words that are replaced, what must stand around them (words and classes), and what takes their place."""

    before: tuple[str, ...]
    core: tuple[str, ...]
    after: tuple[str, ...]
    new: str


class Rephrasing(NamedTuple):
    """A way to say the pieces from `first` to `last` otherwise; `words` of them are words."""

    first: int
    last: int
    words: int
    new: str


@cache
def table() -> dict[str, tuple[Phrase, ...]]:
    """Phrases by the first word that is replaced; those that touch what carries a label are left out."""
    found: dict[str, list[Phrase]] = {}
    for phrase in _phrases(TABLE.read_text(encoding="utf-8")):
        if not any(map(carries_label, (*phrase.core, *phrase.new.split()))):
            found.setdefault(phrase.core[0], []).append(phrase)
    return {word: tuple(dict.fromkeys(some)) for word, some in found.items()}


def _phrases(text: str) -> Iterator[Phrase]:
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        left, _, right = line.partition(">")
        mutual = [words.split() for words in left.split("=")]
        only = [words.split() for words in right.split(",") if words.strip()]
        for head in mutual:
            for other in (*mutual, *only):
                if other != head and (phrase := _trimmed(head, other)):
                    yield phrase


def _trimmed(head: list[str], other: list[str]) -> Phrase | None:
    """What differs between two phrases, at least one word on each side; None if only a class or an edge is left."""
    start = 0
    while start < min(len(head), len(other)) and head[start] == other[start]:
        start += 1
    end = 0
    while end < min(len(head), len(other)) - start and head[-1 - end] == other[-1 - end]:
        end += 1
    if start in (
        len(head) - end,
        len(other) - end,
    ):  # one side is all taken: it gives back a word of its surroundings
        if end and head[-end] not in _OPEN:
            end -= 1
        elif start and head[start - 1] not in _OPEN:
            start -= 1
        else:
            return None
    core, new = head[start : len(head) - end], other[start : len(other) - end]
    if not _OPEN.isdisjoint((*core, *new)):
        return None
    return Phrase(tuple(head[:start]), tuple(core), tuple(head[len(head) - end :]), " ".join(new))


def rephrasings(view: View) -> dict[int, tuple[Rephrasing, ...]]:
    """What may be said otherwise in a text, by the place of its first word."""
    return (_rephrasings if len(view.text) < LONG else _rephrasings.__wrapped__)(view)


@lru_cache(maxsize=8192)
def _rephrasings(view: View) -> dict[int, tuple[Rephrasing, ...]]:
    found: dict[int, tuple[Rephrasing, ...]] = {}
    known, free = table(), frozenset(view.free_or_opening)
    for place in view.free_or_opening:
        some = [
            Rephrasing(place, last, len(phrase.core), phrase.new)
            for phrase in known.get(_low(view, place), ())
            if (last := _last(view, place, phrase, free)) is not None
        ]
        if some:
            found[place] = tuple(some)
    return found


def _last(view: View, first: int, phrase: Phrase, free: frozenset[int]) -> int | None:
    """The place of the last word of a phrase that stands here, whole, in its surroundings; None if it does not."""
    last = first
    for word in phrase.core[1:]:
        after = view.near(last, 1)
        if after is None or after not in free or _low(view, after) != word:
            return None
        last = after
    fits = _stands(view, first, tuple(reversed(phrase.before)), -1) and _stands(view, last, phrase.after, 1)
    return last if fits else None


def _stands(view: View, place: int, words: tuple[str, ...], step: int) -> bool:
    at = place
    for word in words:
        near = view.near(at, step)
        if near is None or word in (STARTS, ENDS):
            return near is None and word in (STARTS, ENDS)
        if word != ANY and _low(view, near) not in CLASSES.get(word, (word,)):
            return False
        at = near
    return True


def _low(view: View, at: int) -> str:
    return view.pieces[at].text.lower().replace("’", "'")
