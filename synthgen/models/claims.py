"""What a text claims that a paraphrase must keep: what it denies, counts, names and praises; and what became of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from synthgen.models.lexis import FUNCTION, bare, bases, content, likeness, listed
from synthgen.models.named import MOST_WORDS, renamed, swapped
from synthgen.models.numerals import Number, numbers
from synthgen.models.opposites import opposite
from synthgen.models.words import Token, is_negation, sentiment, tokens

SAME = 0.6
"""Likeness from which two words count as one that was kept."""
FELT = 1.0
"""Strength of feeling, of 4, from which a word is for or against something."""
TURNED = 0.3
"""Feeling of a whole text, -1 to 1, from which it is for or against something."""
REACH = 7
"""Words after a negation that it may turn round."""

_NO_DENIALS = frozenset(
    [
        "not only",
        "not just",
        "no doubt",
        "no wonder",
        "no matter",
        "not merely",
        "nothing but",
        "never mind",
    ]
)
_CLAUSE = frozenset(listed("but although though however because while whereas and or"))
_A_FEW = frozenset(listed("a the these those last next past first quite only"))


class Change(NamedTuple):
    """A claim that did not survive: its kind (an effect of the label contract) and what happened, in words."""

    kind: str
    what: str


class _Denial(NamedTuple):
    word: str
    heads: frozenset[str]
    """Base forms of the words that it turns round."""
    head: str


def changes(parent: str, child: str, entities: Iterable[str] = ()) -> list[Change]:
    """What a text claims differently from its parent; `entities` are words of the child that are known to be names."""
    before, after = tokens(parent), tokens(child)
    lost, came = _replaced(content(before), content(after))
    found = [
        *(Change("negate", what) for what in _denied(before, after, lost, came)),
        *(Change("change_numbers", what) for what in _counted(numbers(before), numbers(after))),
        *(Change("change_names", what) for what in renamed(before, after, entities)),
    ]
    if not found:
        found += [Change("change_names", what) for what in swapped(before, after)]
    return found


def _replaced(before: Sequence[str], after: Sequence[str]) -> tuple[list[str], list[str]]:
    """Words of each side that have no like on the other, best matches first."""
    mine, theirs = Counter(before), Counter(after)
    lost = list((mine - theirs).elements())[:MOST_WORDS]
    came = list((theirs - mine).elements())[:MOST_WORDS]
    pairs = sorted(
        (
            (like, i, j)
            for i, a in enumerate(lost)
            for j, b in enumerate(came)
            if (like := likeness(a, b)) >= SAME
        ),
        reverse=True,
    )
    gone_i, gone_j = set[int](), set[int]()
    for _, i, j in pairs:
        if i not in gone_i and j not in gone_j and not opposite(lost[i], came[j]):
            gone_i.add(i)
            gone_j.add(j)
    return [a for i, a in enumerate(lost) if i not in gone_i], [
        b for j, b in enumerate(came) if j not in gone_j
    ]


def _denied(
    before: Sequence[Token], after: Sequence[Token], lost: Sequence[str], came: Sequence[str]
) -> list[str]:
    ours, theirs = denials(before), denials(after)
    turned = _opposites(_all_words(before), _all_words(after))
    apart = len(theirs) - len(ours)
    if apart and abs(apart) == len(turned):
        return []  # not good, bad: twice turned round
    words = [d.word for d in ours], [d.word for d in theirs]
    if apart:
        gone, new = (Counter(words[0]) - Counter(words[1])), (Counter(words[1]) - Counter(words[0]))
        which = ", ".join(repr(w) for w in (gone if apart < 0 else new).elements())
        return [f"a negation {'was lost' if apart < 0 else 'came'}: {which}"]
    if turned:
        return [f"a word turned into its opposite: {a!r} became {b!r}" for a, b in turned]
    moved = _moved(ours, theirs, after) and _moved(theirs, ours, before)
    if moved:
        return [f"the negation moved: it is {ours[0].head!r} that was denied, and now {theirs[0].head!r}"]
    felt = _feeling_turned(before, after, lost, came)
    return [felt] if felt else []


def denials(pieces: Sequence[Token]) -> list[_Denial]:
    """The negations of a text with the words that each may turn round."""
    some = [p for p in pieces if p.kind in ("word", "number", "punct")]
    found: list[_Denial] = []
    for i, piece in enumerate(some):
        low = piece.text.lower().replace("’", "'")
        if piece.kind != "word" or not _denies(some, i, low):
            continue
        heads: list[str] = []
        for other in some[i + 1 : i + 1 + REACH]:
            if (other.kind == "punct" and other.text not in "'\"") or other.text.lower() in _CLAUSE:
                break
            if other.kind == "word" and (word := bare(other.text)) not in FUNCTION:
                heads.append(word)
        every = frozenset(base for word in heads for base in bases(word))
        found.append(_Denial(piece.text, every, heads[0] if heads else ""))
    return found


def _denies(some: Sequence[Token], i: int, low: str) -> bool:
    before = some[i - 1].text.lower() if i else ""
    after = some[i + 1].text.lower() if i + 1 < len(some) else ""
    if low == "few":
        return before not in _A_FEW
    if low == "nor":
        return not any(other.text.lower() == "neither" for other in some[max(0, i - 6) : i])
    return (
        is_negation(low) and f"{low} {after}" not in _NO_DENIALS and not (after == "to" and _mention(some, i))
    )


def _mention(some: Sequence[Token], i: int) -> bool:
    return [piece.text.lower() for piece in some[i : i + 3]] == ["not", "to", "mention"]


def _moved(ours: Sequence[_Denial], theirs: Sequence[_Denial], after: Sequence[Token]) -> bool:
    """Whether a word that was denied now stands in the text undenied."""
    denied = frozenset().union(*(d.heads for d in theirs)) if theirs else frozenset()
    there = {base for word in content(list(after)) for base in bases(word)}
    return any(d.head and not bases(d.head) & denied and bases(d.head) & there for d in ours)


def _all_words(pieces: Sequence[Token]) -> Counter[str]:
    return Counter(
        bare(piece.text) for piece in pieces if piece.kind == "word" and not is_negation(piece.text)
    )


def _opposites(before: Counter[str], after: Counter[str]) -> list[tuple[str, str]]:
    """Words that went and their opposites that came instead, each once."""
    gone = list((before - after).elements())[:MOST_WORDS]
    new = list((after - before).elements())[:MOST_WORDS]
    found = []
    for a in gone:
        for b in new:
            if bases(a) & bases(b) or not any(opposite(x, y) for x in bases(a) for y in bases(b)):
                continue
            found.append((a, b))
            new.remove(b)
            break
    return found


def _feeling_turned(
    before: Sequence[Token], after: Sequence[Token], lost: Sequence[str], came: Sequence[str]
) -> str | None:
    felt = sentiment()
    went = max(lost, key=lambda word: abs(felt.get(word, 0)), default="")
    new = max(came, key=lambda word: abs(felt.get(word, 0)), default="")
    old_value, new_value = felt.get(went, 0.0), felt.get(new, 0.0)
    if old_value * new_value < 0 and min(abs(old_value), abs(new_value)) >= FELT:
        return f"the feeling turned: {went!r} became {new!r}"
    old_value, new_value = feeling(before), feeling(after)
    if old_value * new_value < 0 and min(abs(old_value), abs(new_value)) >= TURNED:
        return f"the feeling turned: {_tone(old_value)} became {_tone(new_value)}"
    return None


def _tone(value: float) -> str:
    return "praise" if value > 0 else "complaint"


def feeling(pieces: Sequence[Token]) -> float:
    """What a text feels about its matter, -1 to 1, words after a negation turned round and weakened.

    Source: Hutto and Gilbert 2014 (VADER), its lexicon, its factor for negations and its normalisation.
    """
    total = 0.0
    since = 9
    for piece in pieces:
        if piece.kind == "punct" and piece.text[0] in ".,;!?":
            since = 9
        if piece.kind != "word":
            continue
        value = sentiment().get(piece.text.lower(), 0.0)
        total += -0.74 * value if since < 3 else value
        since = 0 if is_negation(piece.text) else since + 1
    return total / math.sqrt(total * total + 15)


def _counted(before: Sequence[Number], after: Sequence[Number]) -> list[str]:
    lost, came = _unmatched(before, after), _unmatched(after, before)
    if lost and came:
        return [f"a number changed: {', '.join(lost)} became {', '.join(came)}"]
    if lost:
        return [f"a number was lost: {', '.join(lost)}"]
    return [f"a number came: {', '.join(came)}"] if came else []


def _unmatched(these: Sequence[Number], those: Sequence[Number]) -> list[str]:
    """As written, the numbers that are not on the other side."""
    there = Counter(n.value for n in those)
    left = []
    for number in sorted(these, key=lambda n: n.weak):
        if there[number.value]:
            there[number.value] -= 1
        elif not number.weak:
            left.append(number.written)
    return left
