"""What is wrong with a text as a text: loops, markup and prompts left over, another language than the real ones."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BUCKETS = 1 << 16
TRUSTED = 20
"""Letters from which the scripts of a text say something."""
NATIVE = 8
"""Words from which the language of a text can be told by its frequent ones."""
LOOKED_AT = 20_000
"""Characters of a text that are looked at, from its start."""
MARKS = {
    "a code fence": re.compile(r"```|~~~"),
    "a tag": re.compile(
        r"</?(?:p|br|hr|b|i|u|a|em|strong|span|div|html|head|body|title|h[1-6]|ul|ol|li|table|tr|t[dh]|img|code|pre|script|"
        r"style|font|think|text|source|input|output|answer|paraphrase|example)\b[^<>]{0,200}>",
        re.IGNORECASE,
    ),
    "a control token": re.compile(
        r"<\|[\w/]{2,30}\|>|\[/?INST\]|</?s>|\[(?:MASK|PAD|CLS|SEP|UNK)\]|<(?:unk|pad|mask|extra_id_\d+)>"
    ),
    "a placeholder": re.compile(r"\{\{[^{}]{0,60}\}\}|\{[a-z_]{2,30}\}|%\([a-z_]{1,30}\)s|\$\{\w{1,30}\}"),
    "a heading": re.compile(r"^#{1,6} \S", re.MULTILINE),
    "bold marks": re.compile(r"\*\*[^*\n]{1,200}\*\*|__[^_\n]{1,200}__"),
    "a list": re.compile(r"^\s{0,8}(?:[-*•]|\d{1,2}[.)])\s+\S.*\n\s{0,8}(?:[-*•]|\d{1,2}[.)])\s+\S", re.MULTILINE),
    "JSON": re.compile(r'^\s*[\[{]\s*"[^"\n]{0,80}"\s*[:,\]]'),
    "an escape": re.compile(r"\\[nt](?=\w|\\|\s|$)|\\u[0-9a-f]{4}|&(?:amp|lt|gt|quot|#\d{2,5});", re.IGNORECASE),
    "a broken character": re.compile("\ufffd|Ã[\u0080-\u00bf]|â€"),
    "an introduction": re.compile(
        r"^\W{0,4}(?:(?:sure|certainly|of course|okay|absolutely)\W{1,3})?"
        r"(?:here (?:is|are)|here['’]s|below (?:is|are))\b[^\n:]{0,80}:"
        r"|^\W{0,4}(?:paraphrased?|rewritten|rephrased|reworded|translated|output|answer|response"
        r"|(?:new )?version \d{1,2}|option \d{1,2}|paraphrase \d{1,2})(?: (?:text|sentence|version))?\W{0,3}:",
        re.IGNORECASE,
    ),
    "what an assistant says": re.compile(
        r"\bas an? (?:AI|artificial intelligence|(?:large )?language model)\b"
        r"|\bI(?:['’]m| am) (?:an AI|a language model)\b"
        r"|\bI(?:['’]m| am)? ?(?:sorry|apologi[sz]e)\b.{0,40}\b(?:can['’]?t|cannot|unable to|not able to) "
        r"(?:assist|help|comply|fulfil|provide|generate|rewrite)"
        r"|\bI (?:can['’]?t|cannot) (?:assist|help|comply) with (?:that|this)",
        re.IGNORECASE,
    ),
    "an instruction": re.compile(
        r"\b(?:rewrite|paraphrase|rephrase|reword) (?:the|this|these|each|it)\b.{0,40}"
        r"\b(?:text|sentence|review|message|label|meaning)"
        r"|\b(?:keep|preserve) (?:the|its) (?:label|meaning)\b|\bdo not (?:change|alter) the (?:label|meaning)",
        re.IGNORECASE,
    ),
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_LOOP = re.compile(r"(?P<run>.{2,60}?)(?P=run){4,}", re.DOTALL)


def marks(text: str) -> dict[str, str]:
    """Marks of markup and prompts in a text, by kind: what stands there."""
    some = text[:LOOKED_AT]
    return {kind: found[0].strip()[:40] for kind, pattern in MARKS.items() if (found := pattern.search(some))}


def repetition(text: str) -> float:
    """The largest share of a text that one run of words, or the same few words over and over, take up beyond the first
    time; 0 where nothing is said twice, near 1 for a loop.

    Source: Holtzman et al. 2020 (degenerate repetition).
    """
    words = [w.casefold() for w in _WORD.findall(text[:LOOKED_AT])]
    if len(words) < 4:
        return 0.0
    worst = 0.0
    for n in range(1, 5):
        runs = list(zip(*(words[i:] for i in range(n)), strict=False))
        if len(runs) < 4:
            break
        most = max(Counter(runs).values())
        share = (most - 1) * n / len(words)
        again = 1 - len(set(runs)) / len(runs)
        worst = max(worst, min(1.0, share if n > 1 else share / 2), again if n > 1 else 0.0)
    in_a_row = max(len(list(group)) for _, group in groupby(words))
    return max(worst, (in_a_row - 1) / len(words))


def loops(text: str) -> bool:
    """Whether a few characters stand five times and more one after the other, dots and the like left out."""
    return any(
        any(c.isalnum() for c in m["run"]) and len(set(m["run"])) > 1 for m in _LOOP.finditer(text[:2000])
    )


def scripts(text: str) -> Counter[str]:
    """How many letters of each script a text has: LATIN, CYRILLIC, CJK, ..."""
    return Counter(script for c in text[:LOOKED_AT] if c.isalpha() and (script := _script(c)))


@lru_cache(maxsize=1 << 14)
def _script(c: str) -> str:
    name = unicodedata.name(c, "")
    return name.split(" ")[0].split("-")[0] if name else ""


def profile(texts: Iterable[str]) -> tuple[NDArray[np.int64], int]:
    """In how many of the texts a word of each hash stands (65536,), and how many texts there are."""
    seen, n = np.zeros(BUCKETS, np.int64), 0
    for text in texts:
        n += 1
        seen[list({_bucket(w) for w in words_of(text)})] += 1
    return seen, n


def words_of(text: str) -> list[str]:
    """The words of a text in lower case."""
    return [w.casefold() for w in _WORD.findall(text[:LOOKED_AT])]


def nativeness(text: str, seen: NDArray[np.int64], n: int, *, own: bool = False) -> float | None:
    """How usual the words of a text are among the `n` real ones: the mean of the log of the share of texts that have
    each, 1 in 10,000 for an unknown one; None where it has too few words to tell. `own` texts don't count themselves.
    """
    words = words_of(text)
    if len(words) < NATIVE or n <= own:
        return None
    counts = seen[[_bucket(w) for w in words]] - own
    return float(np.log10(np.maximum(counts / (n - own), 1e-4)).mean())


def _bucket(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "surrogatepass")) % BUCKETS
