"""Short reviews that were written for this project."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, field_validator

from synthgen.errors import UnreadableItem
from synthgen.reader import Found, Quarantined, Reader, Split
from synthgen.seeds import numpy_rng

CLASSES = ("negative", "positive")


class Reviews(Reader):
    """120 short reviews of things, meals, films and journeys, in English: 72 positive, 48 negative.

    Payload: the text as str. A share of each class is the holdout; what `cut` takes off the train split is the pool.
    Source: written for this project, CC0.
    """

    modality: ClassVar[str] = "text"
    takes_path: ClassVar[bool] = False
    listing: ClassVar[frozenset[str]] = frozenset({"cut", "holdout_share", "seed"})

    cut: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """Train items left in a class; all of them where a class is not named."""
    holdout_share: Annotated[float, Field(ge=0, lt=1)] = 0.2
    seed: int = 0
    """Decides which items go to which split."""

    @field_validator("cut")
    @classmethod
    def _names_classes(cls, value: dict[str, int]) -> dict[str, int]:
        if strangers := sorted(set(value) - set(CLASSES)):
            raise ValueError(
                f"cut names {', '.join(map(repr, strangers))}, but the classes are {', '.join(CLASSES)}"
            )
        return value

    def items(self, root: Path | None, split: Split) -> Iterator[Found | Quarantined]:
        chosen = []
        for label in CLASSES:
            rows = [row for row, (said, _) in enumerate(_lines()) if said == label]
            shuffled = [rows[i] for i in numpy_rng("reviews", self.seed, label).permutation(len(rows))]
            held = round(self.holdout_share * len(rows))
            kept = held + self.cut.get(label, len(rows))
            parts: dict[Split, list[int]] = {
                "holdout": shuffled[:held], "train": shuffled[held:kept], "pool": shuffled[kept:]
            }  # fmt: skip
            chosen += [(row, label) for row in parts[split]]
        yield from (Found(f"{row:03}", label) for row, label in sorted(chosen))

    def raw(self, root: Path | None, place: str) -> bytes:
        lines = _lines()
        if not place.isdecimal() or int(place) >= len(lines):
            raise UnreadableItem(f"the reviews have no row {place!r}, only 000 to {len(lines) - 1:03}")
        return lines[int(place)][1].encode()

    def decode(self, raw: bytes) -> str:
        return raw.decode()


@cache
def _lines() -> tuple[tuple[str, str], ...]:
    """Class and text of each review."""
    text = (Path(__file__).parent / "data" / "reviews.tsv").read_text(encoding="utf-8")
    return tuple((label, review) for label, _, review in (line.partition("\t") for line in text.splitlines()))


PLUGIN = Reviews
