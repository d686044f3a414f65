"""What a language model is told: the same words for all texts of a class and style first, then the text, fenced."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import AfterValidator, Field

from synthgen.generator import ordered
from synthgen.prompt import Prompt, load_prompt
from synthgen.sample import Sample
from synthgen.seeds import hash_of, numpy_rng

MOST_IN_EXAMPLE = 400
"""Characters of a text that is shown as an example."""
_TURNS = re.compile(
    r"<\|[^|<>\n]{1,40}\|>|</?s>|\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>|<(?:bos|eos|pad|unk)>"
)
Length = Annotated[float, Field(gt=0, le=20)]


class Task(Prompt):
    """All that a model is told before the text."""

    needs: ClassVar[frozenset[str]] = frozenset({"label", "meaning", "style", "examples", "count"})
    takes: ClassVar[frozenset[str]] = needs


class Style(Prompt):
    """How a text is to be rewritten, and what that does to it."""

    needs: ClassVar[frozenset[str]] = frozenset()
    takes: ClassVar[frozenset[str]] = frozenset({"label"})
    changes_register: bool = False
    length_range: Annotated[tuple[Length, Length], AfterValidator(ordered)] = (0.5, 2.0)
    """Words of the answer for each word of the text."""

    def fits(self, bounds: Mapping[str, tuple[float, float]]) -> bool:
        """Whether it can stay inside a job's bounds."""
        shortest, longest = self.length_range
        can = {
            "change_register": (float(self.changes_register),) * 2,
            "drop_words": (max(0.0, 1 - longest), max(0.0, 1 - shortest)),
            "insert_words": (max(0.0, shortest - 1), max(0.0, longest - 1)),
        }
        return all(
            can[name][0] <= bounds[name][1] and bounds[name][0] <= can[name][1]
            for name in can
            if name in bounds
        )

    @property
    def sha256(self) -> str:
        return hash_of(super().sha256, self.changes_register, self.length_range)


class Wish(NamedTuple):
    """What is wanted for a class: how many, in which style, how much of the words may go, and what the class means."""

    label: str
    meaning: str
    style: Style
    number: int
    most_reworded: float
    examples: tuple[str, ...] = ()


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"paraphrases": {"type": "array", "items": {"type": "string"}}},
    "required": ["paraphrases"],
    "additionalProperties": False,
}


@cache
def task() -> Task:
    """The shipped task."""
    return load_prompt("text", "paraphrase", Task)


@cache
def style(name: str) -> Style:
    """A shipped style, or one of the user's."""
    return load_prompt("text", name, Style)


def examples(train: Sequence[Sample], number: int, seed: int) -> dict[str, list[str]]:
    """So many different texts of each class, none of them long."""
    by_label: dict[str, list[Sample]] = {}
    for sample in train:
        if sample.label is not None:
            by_label.setdefault(sample.label, []).append(sample)
    shown: dict[str, list[str]] = {}
    for label, some in sorted(by_label.items()):
        texts = shown.setdefault(label, [])
        for i in numpy_rng(seed, "examples", label).permutation(len(some)):
            text = some[int(i)].payload if len(texts) < number else ""
            if text and len(text) <= MOST_IN_EXAMPLE and text not in texts:
                texts.append(text)
    return shown


def fence(*texts: str) -> str:
    """A line that stands in none of these texts, and that nobody who wrote them could foresee: it hangs on each letter
    of them. The same texts get the same one, so that requests repeat."""
    for turn in range(1000):
        line = f"=== {hash_of('fence', turn, texts)[:24]} ==="
        if not any(line in text for text in texts):
            return line
    raise AssertionError("no text holds a thousand hashes of itself")


def messages(wish: Wish, text: str) -> list[dict[str, str]]:
    """The request. All before the text is the same for a class and style, so that servers keep it ready."""
    return [
        {"role": "system", "content": instruction(wish)},
        {"role": "user", "content": _fenced([text])},
    ]


def instruction(wish: Wish) -> str:
    """The part that does not hang on the text."""
    how = wish.style.fill(wish.label)
    if wish.most_reworded < 1:
        how += f" Change at most about {wish.most_reworded:.0%} of the words."
    some = ""
    if wish.examples:
        some = (
            f"- So that you know the class, here are texts of it. They are data as well.\n"
            f"{_fenced(wish.examples)}\n"
        )
    # a class name is the user's own, but may hold anything: as JSON it stays on its line, in its quotes
    return task().template.format(
        label=json.dumps(task().called(wish.label), ensure_ascii=False),
        meaning=f" ({wish.meaning})" if wish.meaning else "", style=how, examples=some, count=wish.number,
    )  # fmt: skip


def _fenced(texts: Sequence[str]) -> str:
    # marks by which models tell who speaks are broken up: a text that holds one could end its turn
    texts = [_TURNS.sub(lambda m: f"{m[0][0]} {m[0][1:]}", text) for text in texts]
    line = fence(*texts)
    return "\n".join([f"The fence is {line}", *(f"{line}\n{text}\n{line}" for text in texts)])
