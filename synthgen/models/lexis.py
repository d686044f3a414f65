"""Words in their base forms, which of them are common, and which say much the same."""

from __future__ import annotations

import re
from functools import lru_cache

from synthgen.models.words import Token, tokens

_CONTRACTED = re.compile(r"['’](?:ll|ve|re|d|m|s)$", re.IGNORECASE)
_NOT = re.compile(r"n['’]t$", re.IGNORECASE)


def listed(words: str) -> list[str]:
    """Words that stand one after the other, as a list."""
    return words.split()


FUNCTION = frozenset(
    listed(
        "a an the this that these those i me my mine we us our you your he him his she her it its they them "
        "their who whom whose which what when where why how there here am is are was were be been being do "
        "does did done doing have has had having will would shall should can could may might must ought and "
        "or but if so as than then of to in on at by for from with into onto about over out up down off all "
        "any some such very too just also only own same other another both each every more most much many "
        "let get got s t d ll m re ve u ur r n please really quite rather ever even still again now yet "
        "well because while since until during through between not no"
    )
)
"""Words that say little by themselves."""


def content(pieces: list[Token]) -> list[str]:
    """The words of a text in lower case without 's and the like, those left out that say little."""
    return [word for piece in pieces if piece.kind == "word" and (word := bare(piece.text)) not in FUNCTION]


@lru_cache(maxsize=1 << 16)
def bare(word: str) -> str:
    """A word in lower case without what is contracted to it: `she'll` is `she`, `Anna's` is `anna`."""
    return _NOT.sub("", _CONTRACTED.sub("", word)).lower()


@lru_cache(maxsize=1 << 16)
def bases(word: str) -> frozenset[str]:
    """A lower-case word and its base forms: `loved` also as `love`, `better` as `good` and `well`."""
    return frozenset((word, *_lemmas(word)))


@lru_cache(maxsize=1 << 16)
def common(word: str) -> bool:
    """Whether a lower-case word stands in the dictionary as no name."""
    return word in FUNCTION or bool(_lemmas(word))


def _lemmas(word: str) -> list[str]:
    import lemminflect

    return [one for those in lemminflect.getAllLemmas(word).values() for one in those]


@lru_cache(maxsize=1 << 17)
def likeness(a: str, b: str) -> float:
    """How much two lower-case words say the same, 0 to 1: the same base form, synonyms, or spelled nearly alike."""
    if a == b:
        return 1.0
    if bases(a) & bases(b):
        return 0.95
    if _synonyms(a, b):
        return 0.85
    alike = _spelled_alike(a, b)
    return max(alike if alike >= 0.6 else 0.0, 0.7 * one_slip(a, b))


def _synonyms(a: str, b: str) -> bool:
    from synthgen.models.synonyms import others

    return b in others(a) or a in others(b)


def _spelled_alike(a: str, b: str) -> float:
    """Dice's coefficient of the runs of three characters of two bordered words; of one stem, typing errors."""
    if min(len(a), len(b)) < 4:
        return 0.0
    ours, theirs = _runs(a), _runs(b)
    return 2 * len(ours & theirs) / (len(ours) + len(theirs))


@lru_cache(maxsize=1 << 17)
def one_slip(a: str, b: str) -> bool:
    """Whether two words of three letters or more differ by one slip of the keyboard: a letter too much, too few,
    another one, or two next to each other exchanged."""
    short, long = sorted((a, b), key=len)
    if len(short) < 3 or len(long) - len(short) > 1 or a == b:
        return False
    at = next((i for i, (x, y) in enumerate(zip(short, long, strict=False)) if x != y), len(short))
    if len(short) < len(long):
        return short[at:] == long[at + 1 :]
    return short[at + 1 :] == long[at + 1 :] or exchanged(a, b)


def exchanged(a: str, b: str) -> bool:
    """Whether two words differ in two letters next to each other alone, which changed places."""
    if len(a) != len(b) or a == b:
        return False
    at = next(i for i, (x, y) in enumerate(zip(a, b, strict=True)) if x != y)
    return a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :]


@lru_cache(maxsize=1 << 16)
def _runs(word: str) -> frozenset[str]:
    bordered = f"__{word}_"
    return frozenset(bordered[i : i + 3] for i in range(len(bordered) - 2))


def said(text: str) -> list[str]:
    """The words and numbers of a text in lower case, contractions written out as far as they negate."""
    found: list[str] = []
    for piece in tokens(text):
        if piece.kind == "word":
            found.append(bare(piece.text))
            if _NOT.search(piece.text):
                found.append("not")
        elif piece.kind in ("number", "other"):
            found.append(piece.text.lower())
    return found
