"""The numbers that a text states, whether in digits or in words, as values that can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from synthgen.models.lexis import listed
from synthgen.models.words import Token

_SMALL = {
    word: i
    for i, word in enumerate(
        listed(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen"
        )
    )
}
_TENS = {w: 10 * i for i, w in enumerate(listed("twenty thirty forty fifty sixty seventy eighty ninety"), 2)}
_FIRST = listed(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth "
    "sixteenth seventeenth eighteenth nineteenth"
)
_TENTHS = listed("twentieth thirtieth fortieth fiftieth sixtieth seventieth eightieth ninetieth")
_ORDINALS = {
    **{word: i for i, word in enumerate(_FIRST, 1)},
    **{word: 10 * i for i, word in enumerate(_TENTHS, 2)},
    "thirds": 3,
    "quarters": 4,
    "fifths": 5,
    "tenths": 10,
}
_SCALES = {
    "hundred": 100, "hundreds": 100, "thousand": 1_000, "thousands": 1_000, "million": 10**6, "millions": 10**6,
    "billion": 10**9, "billions": 10**9, "trillion": 10**12, "dozen": 12, "dozens": 12, "score": 20,
}  # fmt: skip
_TIMES = {
    "half": "1/2", "twice": "2", "thrice": "3", "double": "x2", "doubled": "x2", "doubling": "x2", "doubles": "x2",
    "triple": "x3", "tripled": "x3", "triples": "x3", "tripling": "x3", "quadruple": "x4", "quadrupled": "x4",
    "halve": "x1/2", "halved": "x1/2", "halves": "x1/2",
}  # fmt: skip
_WEAK = frozenset(("one", "second", "score"))
"""Words that are as often no number at all: no one, every second, the score."""
_WRITTEN = re.compile(r"\d+(?:[.,:]\d+)*")
_SUFFIX = {"k": 1_000, "m": 10**6, "mn": 10**6, "bn": 10**9, "b": 10**9}


class Number(NamedTuple):
    """A number as it was written and as it compares; `weak` where the words may also say something else."""

    written: str
    value: str
    weak: bool = False


def numbers(pieces: Sequence[Token]) -> list[Number]:
    """The numbers of a text in order: `2 million`, `two thirds`, `£5,000`, `7am`, `07700`, `B12`."""
    found: list[Number] = []
    some = [piece for piece in pieces if piece.kind != "space"]
    at = 0
    while at < len(some):
        taken = _spelled(some, at)
        if taken:
            number, at = taken
            found.append(number)
            continue
        piece = some[at]
        at += 1
        if piece.kind == "number":
            values = list(_digits(piece.text))
            scale = _SCALES.get(some[at].text.lower()) if at < len(some) else None
            if scale and len(values) == 1 and _is_value(values[0]):
                found.append(Number(f"{piece.text} {some[at].text}", _plain(float(values[0]) * scale)))
                at += 1
            else:
                found += [Number(piece.text, value) for value in values]
    return found


def _spelled(some: Sequence[Token], at: int) -> tuple[Number, int] | None:
    """The number in words that begins here, and where it ends; its parts may be joined by hyphens."""
    total, current, end, weak = 0.0, 0.0, at, True
    state, last = "", ""
    while end < len(some):
        parts = some[end].text.lower().split("-") if some[end].kind in ("word", "number") else []
        if state and parts in (["and"], ["a"]) and end + 1 < len(some) and last in _SCALES:
            following = some[end + 1].text.lower().split("-")[0]
            if following in _SMALL or following in _TENS:
                end += 1
                continue
        if not parts or not all(_follows(part, state if i == 0 else "") for i, part in enumerate(parts)):
            break
        for part in parts:
            weak = weak and part in _WEAK
            last = part
            if part in _SCALES:
                current = max(current, 1) * _SCALES[part]
                if _SCALES[part] >= 1_000:
                    total, current = total + current, 0
                state = "scale"
            else:
                current += _SMALL.get(part, _TENS.get(part, _ORDINALS.get(part, 0)))
                state = "tens" if part in _TENS else "ordinal" if part in _ORDINALS else "small"
        end += 1
        if state == "ordinal":
            break
    if state:
        written = " ".join(piece.text for piece in some[at:end])
        return Number(written, _plain(total + current), weak), end
    if some[at].kind == "word" and (times := _TIMES.get(some[at].text.lower())):
        return Number(some[at].text, times), at + 1
    return None


def _follows(part: str, state: str) -> bool:
    """Whether a word goes on with a number that so far ended in `state`."""
    if part in _SCALES:
        return part != "score" and state in ("", "small", "tens", "scale")
    if part in _TENS:
        return state in ("", "scale")
    if part in _SMALL or part in _ORDINALS:
        return state in ("", "scale", "tens")
    return False


def _digits(text: str) -> Iterator[str]:
    """The values in a piece with digits: parts of a date or score one by one; a code with letters as it is."""
    bare = text.lower().lstrip("+-$€£¥₹").rstrip("%°")
    code = re.fullmatch(r"[a-z]+[\w-]*\d[\w-]*|\d+[a-z]+\d[\w-]*", bare)
    if code:
        yield bare
        return
    for match in _WRITTEN.finditer(bare):
        after = re.match(r"[a-z]+", bare[match.end() :])
        letters = after[0] if after else ""
        scale = _SUFFIX.get(letters) if text[:1] in "$€£¥₹" or letters in ("k", "bn") else None
        value = _value(match[0])
        yield _plain(float(value) * scale) if scale and _is_value(value) else value


def _value(written: str) -> str:
    if ":" in written:
        return written.removesuffix(":00").lstrip("0") or "0"
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", written):
        written = written.replace(",", "")
    if written[0] == "0" and written.isdigit() and len(written) > 1:
        return written
    return _plain(float(written)) if _is_value(written) else written


def _is_value(text: str) -> bool:
    return bool(re.fullmatch(r"\d{1,15}(?:\.\d+)?", text))


def _plain(value: float) -> str:
    return f"{value:.10g}"
