"""Read paraphrases out of what a language model says, however it says it, and tell refusals, echoes and leaks."""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from synthgen.models.claims import changes
from synthgen.models.words import tokens

SLACK = 1e-9
LEAK_WORDS = 5
"""So many words of the request in a row, which the text does not have, are no chance."""

_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL)
_FENCED = re.compile(r"```[\w-]*\n(.*?)(?:```|\Z)", re.DOTALL)
_MARKED = re.compile(
    r"""^[ \t>]*(?:\*\*)?
    (?:\(?\d{1,3}[.):\]](?!\d) | [-*•–—‣]
     | (?:paraphrase|version|variant|option|rewrite|rewritten\ text|alternative)\ *\#?\d*\ *[:.)-] )
    (?:\*\*)?[ \t]*(?P<item>\S.*)$""",
    re.VERBOSE | re.MULTILINE | re.IGNORECASE,
)
_STRING = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_LEAD_IN = re.compile(
    r"^(?:(?:sure|certainly|of course|okay|ok|absolutely|great|no problem)\b[^\n]*[:!.]|[^\n]*"
    r"\b(?:paraphrase|rewritten|rewrite|reworded|version|rephrased)[^\n]*:)\s*$",
    re.IGNORECASE,
)
_FAREWELL = re.compile(
    r"^(?:let me know|i hope|hope this|feel free|would you like|if you(?:'d| would)? (?:like|need)|(?:please )?note)",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"""^\W*(?:i['’]?m|i\ am|we['’]?re|my\ apologies|apologies)?\W*(?:very\ |so\ )?(?:sorry|afraid)?\W*(?:but|that)?\W*
    (?:as\ an?\ (?:ai|artificial|large\ language|language\ model)
     | (?:i|we)\ (?:can\ ?no?t|can['’]?t|won['’]?t|will\ not|must\ decline|(?:am|['’]?m)\ (?:not\ able|unable)|
        (?:do|would)(?:\ not|n['’]t)\ feel\ comfortable)\W+(?:to\ )?
        (?:help|assist|compl|fulfil|provide|do\ (?:that|this)|rewrit|re-?phrase|paraphras|creat|generat|produc|engage|
           process|follow|respond|answer|fulfill|with\ (?:that|this)|continue|participate|support|discuss|\Z)
     | i['’]?m\ (?:not\ able|unable)\ to\ )""",
    re.VERBOSE | re.IGNORECASE,
)
_NO_BLANKS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
_FENCE = re.compile(r"=== ?[0-9a-f]{12,}|[0-9a-f]{24}")
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "'": "'", "‘": "’", "`": "`"}


def parsed(said: str) -> list[str]:
    """The paraphrases in an answer: from JSON, whole or broken off, a numbered or bulleted list, or bare text."""
    said = _THOUGHT.sub("", said).strip()
    for block in (*_FENCED.findall(said), said):
        if (found := _from_json(block)) is not None:
            return _tidy(found)
    listed = [m["item"] for m in _MARKED.finditer(said)]
    if listed:
        return _tidy(listed)
    blocks = [block.strip() for block in re.split(r"\n[ \t]*\n", said) if block.strip()]
    while blocks and (_LEAD_IN.match(first := blocks[0].split("\n", 1)[0]) or not blocks[0]):
        blocks[0] = blocks[0][len(first) :].strip()
        if not blocks[0]:
            blocks.pop(0)
    while len(blocks) > 1 and _FAREWELL.match(blocks[-1]):
        blocks.pop()
    return _tidy(blocks)


def _from_json(said: str) -> list[str] | None:
    """Strings out of the first JSON that holds some; None where there is no JSON."""
    decoder = json.JSONDecoder(strict=False)
    is_json = said.lstrip()[:1] in ("{", "[")
    for match in re.finditer(r"[{\[]", said):
        try:
            value, _ = decoder.raw_decode(said, match.start())
        except ValueError:
            continue
        if found := list(_strings(value)):
            return found
    broken = re.search(r'[\[{]\s*"', said)
    if broken is None:
        return [] if is_json else None
    inside = re.sub(r'"[\w ]+"\s*:', "", said[broken.start() :])  # keys are no texts
    found = [_unescaped(text) for text in _STRING.findall(inside)]
    return found if found or is_json else None


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        texts = [value[k] for k in ("paraphrases", "text", "paraphrase") if k in value]
        for one in texts or value.values():
            yield from _strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from _strings(one)


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


def _tidy(texts: Iterable[str]) -> list[str]:
    """Without list marks that stand inside, bold marks, and quotes around the whole."""
    done = []
    for text in texts:
        text = text.strip()
        text = re.sub(r"^(\*\*|__)(.*)\1$", r"\2", text, flags=re.DOTALL).strip()
        if len(text) > 1 and _QUOTES.get(text[0]) == text[-1] and text[0] not in text[1:-1]:
            text = text[1:-1].strip()
        if text:
            done.append(text)
    return done


def fault(source: str, text: str, request: str, examples: Sequence[str] = ()) -> str | None:
    """Why an answer is no paraphrase at all: a refusal, an echo, or a leak of the request."""
    if _REFUSAL.match(text) and not _REFUSAL.match(source):
        return f"the model refuses: {text[:80]!r}"
    mine, same = words(text), words(source)
    if not mine:
        return "the model gave no words"
    if mine == same:
        return "an echo: the words are those of the source"
    if any(mine == words(example) for example in examples):
        return "an echo: it is one of the examples in the prompt"
    if (leak := leaked(text, source, request)) is not None:
        return f"the prompt leaks: {leak!r}"
    return None


def broken_claim(source: str, text: str) -> str | None:
    """Which number, name or negation of its source a paraphrase does not keep."""
    broken = changes(source, text)
    return f"{broken[0].kind}: {broken[0].what}" if broken else None


def leaked(text: str, source: str, request: str) -> str | None:
    """The first words of the request in a text that are not from the source, or the line of a fence."""
    for fence in _FENCE.finditer(text):
        if fence[0] not in source:
            return fence[0]
    there, ours = _runs(tuple(words(request))), _runs(tuple(words(source)))
    mine = words(text)
    for i in range(len(mine) - LEAK_WORDS + 1):
        run = tuple(mine[i : i + LEAK_WORDS])
        if run in there and run not in ours:
            return " ".join(run)
    return None


@lru_cache(maxsize=256)
def _runs(some: tuple[str, ...]) -> frozenset[tuple[str, ...]]:
    return frozenset(some[i : i + LEAK_WORDS] for i in range(len(some) - LEAK_WORDS + 1))


def words(text: str) -> list[str]:
    """Words and numbers in small letters; each sign of a script without blanks, and each emoji, counts as one."""
    found: list[str] = []
    for piece in tokens(text):
        if piece.kind in ("word", "number") and not _NO_BLANKS.search(piece.text):
            found.append(piece.text.casefold())
        elif not piece.text.isascii():
            found += [sign for sign in piece.text if not sign.isspace()]
    return found


def moved(source: str, text: str) -> dict[str, float]:
    """How far a text is from its source, by effect, each a share of words.

    `reword`: of its words, those the source does not have. `drop_words`, `insert_words`: fewer or more words than the
    source. `reorder`: of the words of both, those that left their order.
    """
    before, after = words(source), words(text)
    common = sum((Counter(before) & Counter(after)).values())
    length = len(after) / max(1, len(before))
    return {
        "reword": 1 - common / max(1, len(after)),
        "reorder": 1 - _in_order(before, after) / common if common else 0.0,
        "drop_words": max(0.0, 1 - length),
        "insert_words": max(0.0, length - 1),
    }


def too_far(
    source: str, text: str, limits: Mapping[str, Sequence[float]], length_range: Sequence[float]
) -> str | None:
    """Why a paraphrase goes further than it may, or not as far as it has to."""
    for name, share in moved(source, text).items():
        low, high = limits.get(name, (0.0, math.inf))
        if share < low - SLACK and name == "reword":
            return f"an echo: {share:.0%} of its words are new, and at least {low:.0%} are asked for"
        if not low - SLACK <= share <= high + SLACK:
            return f"{name} is {share:.0%}, outside the {low:.0%} to {high:.0%} that it may be"
    before, after = len(words(source)), len(words(text))
    low, high = length_range
    if after + 1 < low * before or after - 1 > high * before:  # a word more or less is no matter of style
        return f"it has {after} words for {before}, and the style asks for {low:.0%} to {high:.0%}"
    return None


def _in_order(before: Sequence[str], after: Sequence[str]) -> int:
    """How many words of both stand in the same order: the longest rising run of places."""
    places: dict[str, deque[int]] = defaultdict(deque)
    for i, word in enumerate(before):
        places[word].append(i)
    rising: list[int] = []
    for word in after:
        if places[word]:
            at = places[word].popleft()
            k = bisect_left(rising, at)
            rising[k : k + 1] = [at]
    return len(rising)
