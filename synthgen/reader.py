"""A reader lists what a source holds and reads one item at a time; it never follows a place out of its folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from synthgen import registry

Split = Literal["train", "holdout", "pool"]


class Found(NamedTuple):
    """An item that a reader lists: its place inside the source (stable from run to run), label and annotations."""

    place: str
    label: str | None
    annotations: Mapping[str, Any] = {}


class Quarantined(NamedTuple):
    """A source item that cannot be used, and why."""

    place: str
    reason: str
    split: str = "train"


@dataclass(frozen=True, slots=True)
class Item:
    """One usable source item of the index. `sha256` is of its raw bytes."""

    id: str
    place: str
    label: str | None
    split: Split
    sha256: str
    annotations: Mapping[str, Any] = field(default_factory=dict)
    home: Split | None = None
    """The split in whose folder it lies, where that is another one."""


class Reader(BaseModel):
    """Base of all readers. Fields are its settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    modality: ClassVar[str]
    takes_path: ClassVar[bool] = True
    """Whether `[source] path` must be given; False for data that ships with a package."""
    shows_class: ClassVar[bool] = True
    """Whether a payload shows its class; not where the class only says what a sample is counted for."""
    listing: ClassVar[frozenset[str]] = frozenset()
    """Settings that decide which items there are, and in which split, but not what one looks like."""

    def shaping(self) -> dict[str, Any]:
        """The settings that decide what a payload looks like, JSON-safe: part of the id of what is made from it."""
        return self.model_dump(mode="json", exclude=set(self.listing))

    def own_splits(self) -> tuple[Split, ...]:
        """Splits that come with `path`, or without any path, so that the recipe names no place for them."""
        return () if self.takes_path else ("train", "holdout", "pool")

    def at(self, root: Path, split: Split) -> Path:
        """The file or folder at `root` that holds a split."""
        return root

    def items(self, root: Path | None, split: Split) -> Iterator[Found | Quarantined]:
        """Everything at `root`, in a stable order, nothing decoded; what is refused at sight with its reason.

        Raises SourceError if the folder as a whole cannot be what the reader expects.
        """
        raise NotImplementedError

    def raw(self, root: Path | None, place: str) -> bytes:
        """The bytes of one item. Raises UnreadableItem with a reason, before reading what is too large."""
        raise NotImplementedError

    def decode(self, raw: bytes) -> Any:
        """The payload. Raises UnreadableItem with the reason."""
        raise NotImplementedError

    def write_specimen(self, folder: Path, samples: Sequence[tuple[str, Any]]) -> Path:
        """Write labelled payloads in this layout into a folder, for tests; where they are. Class folders, if nothing
        else is said."""
        modality = registry.find("modalities", self.modality)()
        for i, (label, payload) in enumerate(samples):
            path = folder / label / f"{i}{modality.suffix}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(modality.encode(payload, {}))
        return folder

    def glance(self, raw: bytes) -> None:
        """Check cheaply, without decoding; raises UnreadableItem. `plan` uses this to answer at once."""
