"""Words of a text with their places, which of them carry the label, and edits that keep entity spans right.

Nothing here loads a network: it is imported by generators and filters alike, and costs milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any, Literal, NamedTuple

from synthgen.errors import ModelError

LONG = 10_000
"""Characters from which on what is known of a text is not kept for long."""
Kind = Literal["word", "number", "punct", "space", "other"]


class Token(NamedTuple):
    """A piece of a text: `text[start:end]`. The pieces of a text, joined, are the text."""

    start: int
    end: int
    text: str
    kind: Kind


class Edit(NamedTuple):
    """`text[start:end]` becomes `new`; an insertion where start equals end, a deletion where `new` is empty."""

    start: int
    end: int
    new: str


# `other`: what is no language (links, addresses, tags, placeholders, markup, emoji); `number`: whatever has a digit.
_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<other>(?:https?://|ftp://|www\.)\S*[^\s.,;:!?"')\]]
      | [\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64}){1,8}
      | (?:[\w-]{1,63}\.){1,8}(?:com|org|net|edu|gov|info|tv|io|co\.uk|uk|de)\b(?:/\S*[^\s.,;:!?"')\]])?
      | [\#@]\w+
      | \{\{[^{}\n]{0,100}\}\} | \{\w{0,100}\} | <[^<>\s][^<>]{0,500}> | \[[A-Z_0-9]+\]
      | %\(\w+\)[sdf] | %[sd]\b | \$\{\w+\} | &\w+;
      | [:;=8xX][-o^']?[()\[\]DPp/\\|](?!\w) | <3
      | `[^`\n]{1,500}` | \w+(?:_\w+|\(\))+ | _\w* )
  | (?P<number>[+\-]?[$€£¥₹]?(?:[^\W\d_]{1,3})?\d(?:[\d.,:/'’\-]*\d)?(?:[^\W_]|[%°])*(?:[-/][^\W_]+)*(?:['’]s\b)?
      | [^\W_]*\d[^\W_]* )
  | (?P<word>(?<!\w)['’](?:s|m|re|ve|ll|d|em)\b | [^\W\d_]+(?:['’\-][^\W\d_]+)*(?:['’](?=s\b))?)
  | (?P<punct>\.\.\.|[!?.]+|[^\w\s])
  | (?P<rest>.)
    """,
    re.VERBOSE | re.DOTALL,
)  # fmt: skip


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KINDS: dict[str | None, Kind] = {
    "space": "space",
    "other": "other",
    "number": "number",
    "word": "word",
    "punct": "punct",
    "rest": "other",
}

NEGATIONS = _words(
    "no not never none nobody nothing nowhere neither nor without cannot nope nah hardly scarcely barely rarely seldom "
    "non lack lacks lacked lacking fail fails failed failing refuse refuses refused deny denies denied "
    "aint isnt arent wasnt werent dont doesnt didnt havent hasnt hadnt wont wouldnt cant couldnt shouldnt mustnt "
    "neednt unless except"
)
"""Words that turn a sentence's meaning round; those in n't are found by `is_negation`."""

NUMBER_WORDS = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand thousands "
    "million millions billion billions dozen dozens half twice thrice once double triple single first second third "
    "fourth fifth sixth seventh eighth ninth tenth last"
)

HINGES = _words(
    "anything everything something if but however although though yet only just too more most less least much few "
    "fewer little all any every each some both either must shall should may might can could would will until before "
    "after always ever again than enough almost nearly instead rather up down left right on off in out yes"
)
"""Words on which the meaning turns though they say little: how much, whether, under what condition, in which order."""

JUDGEMENTS = _words(
    "predictable bland unwatchable watchable mediocre cliche cliches cliched clichéd cliché overrated underrated "
    "flat wooden cheesy formulaic contrived uneven unfunny unrealistic believable unbelievable plausible "
    "implausible slow fast rushed overlong lengthy short long cheap deep shallow original unoriginal derivative "
    "fresh stale subtle hackneyed corny campy cartoonish amateurish sloppy lazy lackluster lacklustre "
    "unremarkable forgettable memorable riveting gripping absorbing compelling captivating mesmerizing haunting "
    "moving touching poignant heartfelt gritty convincing unconvincing intelligent thoughtful timeless seminal "
    "average okay so-so meh yawn drag drags dragged dragging paced miscast overacted overdone half-baked one- "
    "dimensional two-dimensional must-see recommend avoid skip better best worse worst better-than top bottom "
    "high low expensive overpriced affordable rude quick quickly slowly undercooked overcooked tasteless "
    "flavorful flavourful tender crispy greasy soggy dry cold warm hot broken working works worked lasts lasted "
    "durable flimsy sturdy defective refund unusable useless usable"
)
"""Words of reviews that judge, and that lexicons of feelings leave out."""


def tokens(text: str) -> list[Token]:
    """The pieces of a text, in order and without gaps: joined, they are the text."""
    return list(_tokens(text) if len(text) < LONG else _long_tokens(text))


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[Token, ...]:
    return tuple(Token(*m.span(), m[0], _KINDS[m.lastgroup]) for m in _TOKEN.finditer(text))


_long_tokens = lru_cache(maxsize=4)(
    _tokens.__wrapped__
)  # the parent and what was made of it, compared in many ways


def is_number(text: str) -> bool:
    """Whether a word says a number, in digits or as a word; ordinals and codes with digits too."""
    if any(map(str.isdigit, text)):
        return True
    low = text.lower()
    return all(part in NUMBER_WORDS for part in low.split("-")) if "-" in low else low in NUMBER_WORDS


def is_negation(text: str) -> bool:
    """Whether a word negates: not, never, don't, dont, nobody, without, hardly, ..."""
    low = text.lower().replace("’", "'")
    return low in NEGATIONS or low.endswith("n't") or low.startswith(("non-", "no-"))


@cache
def sentiment() -> dict[str, float]:
    """Words with a feeling, from -4 to 4, by VADER's lexicon (Hutto and Gilbert 2014; MIT)."""
    try:
        path = Path(str(distribution("vaderSentiment").locate_file("vaderSentiment/vader_lexicon.txt")))
        lines = path.read_text(encoding="utf-8").splitlines()
    except (PackageNotFoundError, OSError) as error:
        raise ModelError(
            f"The lexicon of sentiment words is missing ({error}). Install it: pip install vaderSentiment."
        ) from error
    return {word: float(value) for word, value, *_ in (line.split("\t") for line in lines)}


@lru_cache(maxsize=65536)
def carries_label(word: str) -> bool:
    """Whether a word, wherever it stands, may carry the label: it negates, counts, says a feeling, or is a hinge."""
    low = word.lower().replace("’", "'")
    known = _telling()
    return low in known or low.removesuffix("'s") in known or is_negation(low) or is_number(low)


@cache
def _telling() -> frozenset[str]:
    return HINGES | JUDGEMENTS | NEGATIONS | NUMBER_WORDS | sentiment().keys()


def protected(pieces: Sequence[Token]) -> set[int]:
    """Places in `pieces` of what must stay as it is: negations, numbers, names, sentiment words, hinges, and what is
    no language (links, addresses, hashtags, placeholders, emoji)."""
    named = names(pieces)
    return {
        i
        for i, piece in enumerate(pieces)
        if piece.kind in ("number", "other")
        or (piece.kind == "word" and (i in named or carries_label(piece.text)))
    }


def openers(pieces: Sequence[Token]) -> set[int]:
    """Places of the words that begin a sentence."""
    found: set[int] = set()
    starts = True
    for i, piece in enumerate(pieces):
        if piece.kind in ("word", "number"):
            if starts:
                found.add(i)
            starts = False
        elif piece.kind == "punct":
            starts = starts or piece.text[0] in _ENDS
        elif piece.kind == "other":
            starts = False
    return found


_ENDS = '.!?…:"“('
# Capitals at the start of a sentence say little: these words are no names there.
_STARTS = _words(
    "i a an the this that these those it he she we you they there here what when where who why how which my your his "
    "her its our their and or so as at by for from with about is are was were do does did have has had let please also "
    "then now well oh hey hi hello thanks ok okay because while since to of be am overall even still such"
) | HINGES | NEGATIONS  # fmt: skip


def names(pieces: Sequence[Token]) -> set[int]:
    """Places of words that are written as names: a capital where the sentence asks for none, or several in a row."""
    long = [piece.text for piece in pieces if piece.kind == "word" and len(piece.text) > 1]
    shouted = sum(word.isupper() for word in long) * 2 > len(long)
    starts = openers(pieces)
    named: set[int] = set()
    last = -2
    for i, piece in enumerate(pieces):
        if piece.kind != "word" or not piece.text[0].isupper() or piece.text in _I:
            continue
        if shouted and piece.text.isupper():
            continue
        if i not in starts or (
            len(piece.text) > 1 and not piece.text[1:].islower() and "'" not in piece.text
        ):
            named.add(i)
            if last == i - 2 and pieces[i - 1].text == " " and pieces[last].text.lower() not in _STARTS:
                named.add(last)  # the first word of `Tom Hanks` at the start of a sentence
        elif piece.text.endswith(("'s", "’s")) and piece.text[:-2].lower() not in _STARTS:
            named.add(i)
        last = i
    return named


def is_opening(word: str) -> bool:
    """Whether a word with a capital at the start of a sentence is surely no name."""
    return word in _I or word.lower() in _STARTS


_I = ("I", "I'm", "I'll", "I've", "I'd", "I’m", "I’ll", "I’ve", "I’d")


def applied(
    text: str, edits: Iterable[Edit | Sequence[Any]], entities: Iterable[Sequence[Any]] = ()
) -> tuple[str, list[list[Any]]]:
    """The edited text, and where the entity spans `[start, end, type]` lie in it.

    An edit inside a span, or of exactly its words, stays inside; an insertion at its border stays outside; a span that
    is deleted whole is gone. Raises ValueError where edits overlap or one cuts through the border of a span.
    """
    ordered = sorted((Edit(*edit) for edit in edits), key=lambda e: (e.start, e.end))
    spans = [list(span) for span in entities]
    parts: list[str] = []
    at = 0
    for edit in ordered:
        if not at <= edit.start <= edit.end <= len(text):
            raise ValueError(
                f"the edit {tuple(edit)} overlaps another or lies outside the text of {len(text)}"
            )
        parts += [text[at : edit.start], edit.new]
        at = edit.end
    parts.append(text[at:])
    moved = [[*new, kind] for start, end, kind in spans if (new := _moved(start, end, ordered))]
    return "".join(parts), moved


def _moved(start: int, end: int, edits: Sequence[Edit]) -> tuple[int, int] | None:
    """A span after the edits; None where nothing is left of it."""
    before, inside = 0, 0
    for edit in edits:
        grown = len(edit.new) - (edit.end - edit.start)
        if edit.end <= start and not (edit.start == edit.end == start and start == end):
            before += grown
        elif edit.start >= end:
            break
        elif start <= edit.start and edit.end <= end:
            inside += grown
        elif edit.start <= start and end <= edit.end and not edit.new:
            return None
        else:
            raise ValueError(f"the edit {tuple(edit)} cuts through the entity from {start} to {end}")
    return (start + before, end + before + inside) if end - start + inside > 0 else None


def like(word: str, model: str) -> str:
    """`word` in the capitals of `model`."""
    if model.isupper() and len(model) > 1:
        return word.upper()
    return word[0].upper() + word[1:] if model[:1].isupper() else word


def fits_article(before: str, word: str) -> bool:
    """Whether a word may follow another where that is `a` or `an`."""
    if before.lower() not in ("a", "an"):
        return True
    low = word.lower()
    spoken = low.startswith(("hour", "honest", "heir", "honor", "honour")) or (
        low[:1] in "aeiou" and not low.startswith(("uni", "use", "usu", "ut", "eu", "one", "once"))
    )
    return spoken == (before.lower() == "an")
