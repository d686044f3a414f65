"""What generators that edit single words share: which words are free, how many are changed, and the edits applied."""

from __future__ import annotations

import ast
import io
import math
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from synthgen.contract import Effect
from synthgen.generator import Generator, ShareInterval
from synthgen.models.words import HINGES, LONG, Edit, Token, applied, is_opening, openers, protected, tokens
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

Rough = Literal["any", "social", "code", "reviews"]
"""Domains for what may leave a sentence that nobody would write: none of it suits legal texts."""
Domain = Literal[Rough, "legal"]
LEGAL_SHARE = 0.1
SLACK = 1e-9
# How strong a judgement is, is part of it.
_INTENSIFIERS = frozenset(
    ["very", "really", "so", "quite", "truly", "absolutely", "completely", "totally", "extremely", "utterly"]
)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A text in pieces: the places of its words and numbers, of words that may be changed, and of sentence starts.

    `openings` may be changed too where the word is known: a capital at the start of a sentence may be a name. `spans`
    are those of entities.
    """

    text: str
    pieces: tuple[Token, ...]
    words: tuple[int, ...]
    free: tuple[int, ...]
    openings: tuple[int, ...]
    openers: frozenset[int]
    spans: tuple[tuple[int, int], ...]

    @property
    def free_or_opening(self) -> tuple[int, ...]:
        """Places of words that may be changed by someone who knows the word."""
        return (*self.free, *self.openings)

    def near(self, place: int, step: int) -> int | None:
        """The place of the next word (step 1) or the one before (-1), where only blanks lie between."""
        at = place + step
        if 0 <= at < len(self.pieces) and self.pieces[at].kind == "space":
            at += step
        inside = 0 <= at < len(self.pieces) and at != place
        return at if inside and self.pieces[at].kind in ("word", "number") else None


class WordEdits(Generator):
    """Base of generators that change a share of the words by edits that `draw` chooses and `make` only applies."""

    modality: ClassVar[str] = "text"
    carries: ClassVar[frozenset[str]] = frozenset({"entities"})
    effect: ClassVar[str]
    free_range: ClassVar[tuple[float, float]]

    share_range: ShareInterval = (0.0, 0.3)
    """Of the words; at least one is changed."""
    domain: Domain = "any"
    """`legal`: at most a tenth, and no nouns and verbs; `social`: words such as only and just are free too; `code`:
    Python in which comments and texts of four words and more change, and nothing else; `reviews`: words such as very
    stay."""

    def effects(self) -> tuple[Effect, ...]:
        low, high = self.share_range
        most = LEGAL_SHARE if self.domain == "legal" else 1.0
        return (
            Effect(self.effect, min(low, most), min(high, most), free=self.free_range, unit="of the words"),
        )

    def applied(self, draw: Draw) -> dict[str, float]:
        return {self.effect: draw["share"]}

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        view = view_of(parents[0], self.domain)
        low, high = job.bounds.get(self.effect) or (self.effects()[0].low, self.effects()[0].high)
        share = float(rng.uniform(low, high))
        if isinstance(view, Failed):
            return {"share": share, "why": view.reason}
        return self.edits(view, share, (low, high), rng)

    def edits(self, view: View, share: float, bounds: tuple[float, float], rng: np.random.Generator) -> Draw:
        """The edits for about this share of the words, and the share that they are; or why there are none."""
        raise NotImplementedError

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [made(work, self.domain) for work in batch]


def made(work: Work, domain: Domain = "any") -> Made | Failed:
    """The drawn edits applied, with the entity spans where they are now."""
    if "why" in work.draw:
        return Failed(work.draw["why"])
    parent = work.parents[0]
    spans = parent.annotations.get("entities", ())
    text, moved = applied(parent.payload, work.draw["edits"], spans)
    if domain == "code" and not same_code(parent.payload, text):
        return Failed("the code would no longer be the same: an edit reached out of its comments and texts")
    return Made(text, annotations={"entities": moved} if "entities" in parent.annotations else {})


def view_of(parent: Sample, domain: Domain) -> View | Failed:
    """A parent in pieces, or why nothing in it may be changed."""
    spans = tuple((start, end) for start, end, _ in parent.annotations.get("entities", ()))
    text = parent.payload
    return (_view if len(text) < LONG else _view.__wrapped__)(text, spans, domain)


@lru_cache(maxsize=8192)
def _view(text: str, spans: tuple[tuple[int, int], ...], domain: Domain) -> View | Failed:
    pieces = tuple(tokens(text))
    held = protected(pieces)
    starts = frozenset(openers(pieces))
    inside = prose(text) if domain == "code" else [(0, len(text))]
    if inside is None:
        return Failed("domain code takes Python that parses, and this does not")
    words = tuple(i for i, piece in enumerate(pieces) if piece.kind in ("word", "number"))
    free: list[int] = []
    openings: list[int] = []
    for i in words:
        start, end, word, kind = pieces[i]
        low = word.lower()
        if (
            kind != "word"
            or word[0] in "'’"
            or (domain == "code" and not any(a <= start and end <= b for a, b in inside))
        ):
            continue
        if spans and any(start < b and a < end for a, b in spans):
            continue
        if i in held and not (domain == "social" and low in HINGES):
            continue
        if domain == "reviews" and low in _INTENSIFIERS:
            continue
        is_open = i in starts and word[0].isupper() and not word.isupper() and not is_opening(word)
        (openings if is_open else free).append(i)
    return View(text, pieces, words, tuple(free), tuple(openings), starts, spans)


def how_many(share: float, bounds: tuple[float, float], words: int, able: int, unit: int = 1) -> int | None:
    """How many changes, each of `unit` words, come nearest to the share inside the bounds; None where none does."""
    if not words:
        return None
    least = max(math.ceil(bounds[0] * words / unit - SLACK), 1)
    most = min(math.floor(bounds[1] * words / unit + SLACK), able)
    return None if most < least else min(max(round(share * words / unit), least), most)


def nothing(share: float, view: View, able: int, bounds: tuple[float, float], what: str) -> Draw:
    """The draw of a text in which nothing can be changed, with the reason."""
    n = len(view.words)
    if not able:
        return {"share": share, "why": f"none of its {n} words can be {what} without touching its label"}
    return {
        "share": share,
        "why": f"between {bounds[0]:.3g} and {bounds[1]:.3g} of its {n} words should be {what}, and {able} can be",
    }


@lru_cache(maxsize=1024)
def prose(text: str) -> list[tuple[int, int]] | None:
    """Where Python source holds words for people: comments and texts of four words; None if it parses not."""
    try:
        ast.parse(text)
        read = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, ValueError, tokenize.TokenError, RecursionError, MemoryError):
        return None
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for token in read:
        start, end = starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1]
        if token.type == tokenize.COMMENT and not token.string.startswith(
            ("#!", "# -*-", "# type:", "# noqa")
        ):
            found.append((start + 1, end))
        plain = token.string[:1] in "\"'" and not set("\\{}%") & set(token.string)
        if token.type == tokenize.STRING and plain and token.string.count(" ") > 2:
            found.append((start + 1, end - 1))
    return found


def same_code(one: str, other: str) -> bool:
    """Whether two Python sources differ in comments and texts only."""
    try:
        return _skeleton(one) == _skeleton(other)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _skeleton(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def edit(piece: Token, new: str) -> Edit:
    """The edit that puts `new` in the place of a piece."""
    return Edit(piece.start, piece.end, new)
