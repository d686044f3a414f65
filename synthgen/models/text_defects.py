"""What thieves and accidents do to texts, for testing the filters that should notice."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


def copies(text: str, rng: np.random.Generator) -> dict[str, str]:
    """The same text in another case, with other blanks and punctuation, or in another Unicode form."""
    words = text.split()
    return {
        "exact": text,
        "case": text.upper() if rng.random() < 0.5 else text.lower(),
        "blanks and punctuation": f" {'  '.join(words)} ".rstrip(" .!?")
        + ("!!", " ...", " .")[rng.integers(3)],
        "Unicode form": unicodedata.normalize(("NFD", "NFKC")[rng.integers(2)], text) + "\u200b",
    }


def disguises(text: str, rng: np.random.Generator) -> dict[str, str]:
    """The same text with two letters of it swapped, its halves exchanged, put in a frame, or with a word left out."""
    words = text.split()
    if len(words) < 4:
        return {}
    half = len(words) // 2
    out = int(rng.integers(len(words)))
    frame = ("I read this: {}", "{} That is all.", "Someone wrote: {}")[rng.integers(3)]
    return {
        "misspelt": _misspelt(text, rng),
        "halves exchanged": " ".join(words[half:] + words[:half]),
        "framed": frame.format(text),
        "a word left out": " ".join(words[:out] + words[out + 1 :]),
    }


def oddities(rng: np.random.Generator) -> list[str]:
    """A letter, a mark, emoji alone, one endless word, other scripts, invisible marks, markup, and a very long text."""
    return [
        "a", "?", "🦊🦊 👍🏽 ❤️", "x" * 5000, "他们昨天没有来，因为下雨了。", "\u202eשלום \u200f עולם\u202c",
        "e\u0301\u0301\u0301 \ufeff\u200d", "<script>alert('1')</script>\n\n\t| a | b |\r\n",
        "1e5 007 £3.50 2/3", " ".join(specimen(rng) for _ in range(40)),
    ]  # fmt: skip


def _misspelt(text: str, rng: np.random.Generator) -> str:
    able = [i for i in range(len(text) - 1) if text[i : i + 2].isalpha() and text[i] != text[i + 1]]
    if not able:
        return text
    i = able[rng.integers(len(able))]
    return text[:i] + text[i + 1] + text[i] + text[i + 2 :]


_WHO = (
    "my brother",
    "the old teacher",
    "Anna",
    "our neighbour",
    "a young doctor",
    "the whole family",
    "Mr. Baker",
)
_DID = ("bought", "liked", "watched", "found", "returned", "described", "expected", "noticed", "carried")
_HOW = ("good", "small", "beautiful", "quick", "strange", "cheap", "quiet", "heavy", "bright", "simple")
_WHAT = ("movie", "house", "car", "story", "garden", "phone", "picture", "meal", "book", "machine", "street")
_WHEN = (
    "in 1998",
    "on 7 May",
    "last winter",
    "at 5.30",
    "before the big storm",
    "after work",
    "two days ago",
)
_END = (
    "and nobody laughed.",
    "but it was not enough!",
    "because they needed help.",
    "so everyone went home.",
)


def specimen(rng: np.random.Generator) -> str:
    """A sentence of about 12 words with a name or a number here and there, and often a negation."""
    chosen = [options[rng.integers(len(options))] for options in (_WHO, _DID, _HOW, _WHAT, _WHEN, _END)]
    return "{} {} the {} {} {}, {}".format(*chosen)


def entities(text: str) -> list[list[Any]]:
    """The spans of who does it and of what they do it to, in a specimen."""
    spans = [[0, len(who), "who"] for who in _WHO if text.startswith(who)]
    for what in _WHAT:
        start = text.find(f" {what} ") + 1
        spans += [[start, start + len(what), "what"]] if start else []
    return spans
