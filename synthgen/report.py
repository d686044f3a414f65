"""All that an audit says of a version, as plain tables and a gallery: terminal, markdown and page render the same."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows that share their keys, which are the columns' names. `note` says in a sentence how to read them."""

    key: str
    title: str
    rows: tuple[Mapping[str, Cell], ...]
    note: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(self.rows[0]) if self.rows else ()


class Score(NamedTuple):
    """What one filter said of one sample."""

    filter: str
    value: float
    threshold: float
    passed: bool


class Ancestor(NamedTuple):
    """A real sample that something was made from: `picture` is a JPEG, None where its bytes are gone; `text` what it
    says, where it is one; `played` what moves or sounds of it, as media type and bytes."""

    id: str
    label: str | None
    place: str
    picture: bytes | None
    text: str | None = None
    played: tuple[str, bytes] | None = None


@dataclass(frozen=True, slots=True)
class Exhibit:
    """One sample of the gallery. `picture` is a JPEG, None where the payload was not kept; `text` what it says, where
    it is one; `played` what moves or sounds of it, as media type and bytes."""

    id: str
    label: str
    decision: str
    generator: str
    reasons: tuple[str, ...]
    scores: tuple[Score, ...]
    parents: tuple[Ancestor, ...]
    picture: bytes | None
    weights: Mapping[str, float] | None = None
    text: str | None = None
    played: tuple[str, bytes] | None = None

    @property
    def relabelled_from(self) -> str | None:
        """The class of the parent where it is another one, and no mixture."""
        others = {p.label for p in self.parents if p.label not in (None, self.label)}
        return others.pop() if others and self.weights is None and len(self.parents) == 1 else None


@dataclass(frozen=True, slots=True)
class Report:
    """The audit of one dataset version.

    `facts` says what was audited in pairs of name and value, `notices` what a reader should know first. `gallery`
    holds kept, rejected and surplus samples of each class, spread evenly over the version.
    """

    name: str
    tag: str
    digest: str
    modality: str
    balanced: bool
    facts: Mapping[str, Cell]
    counts: Mapping[str, int]
    notices: tuple[str, ...]
    tables: Mapping[str, Table]
    gallery: tuple[Exhibit, ...]

    @property
    def title(self) -> str:
        """`digits@v2`."""
        return f"{self.name}@{self.tag}"

    @property
    def labels(self) -> tuple[str, ...]:
        """Classes that the gallery shows, sorted."""
        return tuple(sorted({e.label for e in self.gallery}))

    def exhibits(self, label: str) -> Iterator[Exhibit]:
        """The gallery of one class."""
        return (e for e in self.gallery if e.label == label)

    def to_json(self, *, pictures: bool = False) -> dict[str, Any]:
        """JSON-safe values; pictures as base64 if they are asked for."""
        return {
            "dataset": self.name,
            "version": self.tag,
            "digest": self.digest,
            "modality": self.modality,
            "balanced": self.balanced,
            "facts": dict(self.facts),
            "counts": dict(self.counts),
            "notices": list(self.notices),
            "tables": {key: [dict(row) for row in table.rows] for key, table in self.tables.items()},
            "gallery": [_exhibit_json(e, pictures) for e in self.gallery],
        }


def shown(cell: Cell) -> str:
    """A cell as a person reads it: thousands separated, four figures, nothing for None."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    return f"{cell:.4g}" if isinstance(cell, float) else cell


def _exhibit_json(exhibit: Exhibit, pictures: bool) -> dict[str, Any]:
    def picture(jpeg: bytes | None) -> dict[str, Any]:
        return {"picture": jpeg and base64.b64encode(jpeg).decode()} if pictures else {}

    plain = asdict(exhibit) | picture(exhibit.picture)
    del plain["played"]  # the picture says enough to who reads JSON
    if not pictures:
        del plain["picture"]
    plain["weights"] = dict(exhibit.weights) if exhibit.weights else None
    plain["scores"] = [score._asdict() for score in exhibit.scores]
    plain["parents"] = [
        {"id": p.id, "label": p.label, "place": p.place, "text": p.text, **picture(p.picture)}
        for p in exhibit.parents
    ]
    return plain
