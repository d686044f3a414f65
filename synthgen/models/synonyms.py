"""English synonyms that fit their place: of the usual sense, in the same form, where the neighbours allow it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from synthgen.errors import ModelError
from synthgen.models.word_edits import View
from synthgen.models.words import HINGES, LONG, carries_label, fits_article, is_number

TABLE = Path(__file__).with_name("synonyms.txt")

FORMS = {
    "n": ("NN", "NNS"),
    "v": ("VB", "VBZ", "VBD", "VBN", "VBG"),
    "vb": ("VB",),
    "a": ("JJ", "JJR", "JJS"),
    "r": ("RB",),
    "x": ("X",),
}
_UNIVERSAL = {"n": "NOUN", "v": "VERB", "vb": "VERB", "a": "ADJ"}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DETERMINERS = _words(
    "a an the this that these those my your his her its our their whose another no any some every each same own"
)
_PREPOSITIONS = _words("of with for from about by at into like as during between per without")
_BEFORE_VERB = _words(
    "to i you u we they who please let's lets can could will would shall should may might must do does did don't "
    "doesn't didn't can't couldn't won't wouldn't not never dont didnt cant wont i'll you'll we'll they'll i'd you'd "
    "we'd he'll she'll it'll 2 gonna wanna"
)
_AFTER_COMMAND = _words("me him her them us it the your my this that u a an these those our his")
_BEFORE_SINGULAR_VERB = _words("he she it who that which this everyone someone nobody")
_BEFORE_ADJECTIVE = _DETERMINERS | _words(
    "is are was were be been being am very so too quite really more most i'm it's that's he's she's"
)
_AUXILIARIES = _words(
    "is are was were be been being am i'm you're he's she's it's we're they're have has had having i've you've we've "
    "they've i'd get gets got haven't hasn't hadn't isn't aren't wasn't weren't ever never"
)
_BEFORE_PARTICIPLE = _words(
    "is are was were be been being am i'm you're he's she's it's we're they're im not by for of from worth start keep "
    "when while without after before and"
)
_PARTICLES = _words(
    "up down out off over away back on in around along through about into of at by for to with forward apart aside"
)
_BEFORE_TO = ("tr", "attempt", "start", "beg", "plan", "intend", "seem", "appear")
_AFTER_IS = _DETERMINERS | _words(
    "not so very too really quite just all pretty like always still also only in on at about"
)
_PERSONS = _words("me you u him her them us")


class Meaning(NamedTuple):
    """A form of a word, and the same form of what may stand for it; `shown` if its neighbours must say what it is."""

    tag: str
    shown: bool
    kind: str
    others: tuple[str, ...]


class Place(NamedTuple):
    """A word with its neighbours, in lower case; an empty string stands for the end of a clause."""

    before_that: str
    before: str
    word: str
    after: str


@cache
def table() -> dict[str, tuple[Meaning, ...]]:
    """By form in lower case, what may stand for it. Loaded once, in about 0.4 s."""
    found: dict[str, dict[str, Meaning]] = {}
    for kind, head, others in _entries(TABLE.read_text(encoding="utf-8")):
        lemma = head.rstrip("?")
        if carries_label(lemma):
            continue
        forms = {other: _forms(other, kind) for other in others}
        for tag, form in _forms(lemma, kind).items():
            fitting = [f for o in others if (f := forms[o].get(tag)) and f != form and not carries_label(f)]
            if not fitting or carries_label(form):
                continue
            had = found.setdefault(form, {}).get(tag)
            both = (*(had.others if had else ()), *fitting)
            meaning = Meaning(tag, head.endswith("?"), kind, tuple(dict.fromkeys(both)))
            found[form][tag] = meaning
    return {form: tuple(tags.values()) for form, tags in found.items()}


def _entries(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Kind, word, and what may stand for it, of each word on the left of each line."""
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        kind, _, rest = line.partition(" ")
        left, _, right = rest.partition(">")
        mutual = [word.strip() for word in left.split("=")]
        only = [word.strip() for word in right.split(",") if word.strip()]
        for head in mutual:
            yield kind, head, [other.rstrip("?") for other in (*mutual, *only) if other != head]


def _forms(lemma: str, kind: str) -> dict[str, str]:
    """The forms of a word by Penn tag; what it does not have is left out."""
    if kind not in _UNIVERSAL or "-" in lemma:
        return {FORMS[kind][0]: lemma}
    try:
        from lemminflect import getAllInflections
    except ImportError as error:
        raise ModelError(f"{error}. Synonyms are inflected by it: pip install lemminflect.") from error
    known = {tag: forms[0] for tag, forms in getAllInflections(lemma, _UNIVERSAL[kind]).items()}
    known[FORMS[kind][0]] = lemma
    if "VBD" in known:
        known.setdefault("VBN", known["VBD"])
    if kind == "n" and known.get("NNS") == lemma:
        del known["NNS"]
    return {tag: known[tag] for tag in FORMS[kind] if tag in known}


@lru_cache(maxsize=1 << 17)
def fitting(place: Place) -> tuple[str, ...]:
    """What may stand for a word in this place, in lower case; nothing where it is not sure what the word is."""
    found: list[str] = []
    for meaning in table().get(place.word, ()):
        if _allowed(meaning, place):
            found += [o for o in meaning.others if fits_article(place.before, o) and o not in place]
    return tuple(dict.fromkeys(found))


def kinds(word: str) -> frozenset[str]:
    """The kinds (n, v, a, r, x) under which a word in lower case is in the table."""
    return frozenset(meaning.kind[0] for meaning in table().get(word, ()))


def others(word: str) -> tuple[str, ...]:
    """All that may stand for a word somewhere."""
    return tuple(dict.fromkeys(o for meaning in table().get(word, ()) for o in meaning.others))


def _allowed(meaning: Meaning, place: Place) -> bool:
    if meaning.kind in ("v", "vb"):
        if place.after in _PARTICLES and not (place.after == "to" and place.word.startswith(_BEFORE_TO)):
            return False
        if meaning.kind == "vb" and place.after not in _PERSONS:
            return False
        if place.before in _DETERMINERS and place.before != "that":
            return False
        if meaning.tag in ("VBD", "VBN"):
            helped = place.before in _AUXILIARIES or (
                place.before_that in _AUXILIARIES
                and place.before.endswith(("ly", "not", "n't", "never", "been"))
            )
            if helped != (meaning.tag == "VBN"):
                return False
    elif meaning.kind == "n" and (
        place.before == "to" or place.before in ("i", "he", "she", "we", "they", "you")
    ):
        return False
    return not meaning.shown or _is_shown(meaning.tag, place)


def _is_shown(tag: str, place: Place) -> bool:
    """Whether the neighbours say that a word which can be several things is this one."""
    before, after = place.before, place.after
    if tag in ("NN", "NNS"):
        after_determiner = before in _DETERMINERS and before != "that"
        described = place.before_that in _DETERMINERS and before not in _BEFORE_VERB
        return after_determiner or before in _PREPOSITIONS or described or before.endswith("'s")
    if tag == "VB":
        return before in _BEFORE_VERB or (not before and after in _AFTER_COMMAND)
    if tag == "VBZ":
        return before in _BEFORE_SINGULAR_VERB
    if tag == "VBG":
        return before in _BEFORE_PARTICIPLE
    if tag in ("VBD", "VBN"):
        return bool(before) and before not in _DETERMINERS
    if tag in ("JJ", "JJR", "JJS"):
        return before in _BEFORE_ADJECTIVE
    if tag == "X":
        if place.word.endswith("'s"):
            return after in _AFTER_IS
        return bool(after) and after != "of" and not before.endswith("s") and before not in ("just", "only")
    is_before_word = (
        bool(after) and after not in HINGES and not is_number(after) and after not in _DETERMINERS
    )
    return before not in _DETERMINERS and is_before_word and after not in ("of", "and", "or", "i")


def candidates(view: View, gentle: bool = False) -> dict[int, tuple[str, ...]]:
    """What may stand for each free word of a text, by its place; `gentle` leaves nouns and verbs as they are."""
    return (_candidates if len(view.text) < LONG else _candidates.__wrapped__)(view, gentle)


@lru_cache(maxsize=8192)
def _candidates(view: View, gentle: bool) -> dict[int, tuple[str, ...]]:
    found = {}
    known = table()
    for place in view.free_or_opening:
        low = _low(view, place)
        if low not in known or (gentle and kinds(low) & {"n", "v"}):
            continue
        if fits := fitting(_place(view, place)):
            found[place] = fits
    return found


def _place(view: View, place: int) -> Place:
    before, after = view.near(place, -1), view.near(place, 1)
    further = view.near(before, -1) if before is not None else None
    return Place(*("" if at is None else _low(view, at) for at in (further, before, place, after)))


def _low(view: View, at: int) -> str:
    return view.pieces[at].text.lower().replace("’", "'")
