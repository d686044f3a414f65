"""Texts in the rows of tables."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, PositiveInt, model_validator

from synthgen.errors import SourceError, UnreadableItem
from synthgen.modalities.text import Text
from synthgen.reader import Found, Quarantined, Reader, Split
from synthgen.spool import Spool
from synthgen.table_rows import FORMATS, Dialect, Format, Row, format_of, rows

Column = Annotated[str, Field(min_length=1)]

_NAMES: dict[Split, tuple[str, ...]] = {
    "train": ("train",),
    "holdout": ("test", "holdout"),
    "pool": ("pool",),
}
_SPLITS: dict[Split, str] = {"train": "train", "holdout": "test", "pool": "pool"}


class Table(Reader):
    """Texts by row: CSV, TSV, JSONL or Parquet with a column of texts and one of classes, all kept as written.

    `path`, `holdout` and `pool` are files, or folders that hold train.csv, test.csv and pool.csv (or .jsonl, ...); or
    `split` names a column that says it. Payload: the text as str. An item's place is its row, or its id if there is a
    column of ids: ids let rows move. Quarantined: rows that are not UTF-8, with cells too many or too few, without a
    text or class, longer than `max_bytes`, and ids that were there before. No path or address in a cell is opened.
    """

    modality: ClassVar[str] = "text"
    listing: ClassVar[frozenset[str]] = frozenset(
        {"text", "label", "id", "split", "splits", "format", "delimiter", "quotes", "max_bytes"}
    )

    text: Column = "text"
    label: Column | None = "label"
    id: Column | None = None
    split: Column | None = None
    splits: dict[Split, str] = Field(default_factory=lambda: dict(_SPLITS))
    """What the column `split` says for each split; rows that say something else are left out."""
    format: Format | None = None
    """By the file's name, if not given."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    quotes: bool | None = None
    """Whether cells stand in quotes where they must; usual for CSV, unusual for TSV."""
    max_bytes: PositiveInt = 100_000

    @model_validator(mode="after")
    def _columns_differ(self) -> Table:
        if "train" not in self.splits:
            raise ValueError("splits says nothing of train: write what the column split holds for it")
        named = [name for name in (self.text, self.label, self.id, self.split) if name is not None]
        if len(set(named)) < len(named):
            raise ValueError(f"text, label, id and split name different columns, not {', '.join(named)}")
        return self

    def own_splits(self) -> tuple[Split, ...]:
        return tuple(self.splits) if self.split else ()

    def at(self, root: Path, split: Split) -> Path:
        if self.split or not root.is_dir():
            return root
        files = sorted(p for p in root.iterdir() if p.suffix.lower() in FORMATS and p.name[0] != ".")
        chosen = [p for p in files if p.stem in _NAMES[split]]
        return chosen[0] if len(chosen) == 1 else files[0] if len(files) == 1 else root

    def items(self, root: Path | None, split: Split) -> Iterator[Found | Quarantined]:
        path = self.at(root or Path(), split)
        if not path.is_file():
            raise SourceError(f"the {split} table {str(path)!r} {_what_is(path)}")
        for said, one in self._index(path).entries:
            if said is None or said == self.splits.get(split):
                yield one._replace(split=split) if isinstance(one, Quarantined) else one

    def raw(self, root: Path | None, place: str) -> bytes:
        name, hash_, key = place.partition("#")
        base = root or Path()
        path = base / name if base.is_dir() else base
        if not hash_ or path.name != name or not path.is_file():
            raise UnreadableItem("it is in none of the source's tables")
        try:
            found = self._index(path)
            return found.texts[found.number(key)]
        except (IndexError, KeyError, ValueError):
            raise UnreadableItem("the table has no such row") from None

    def decode(self, raw: bytes) -> str:
        try:
            text = raw.decode()
            Text().check(text)
        except ValueError as error:
            raise UnreadableItem(str(error)) from error
        return text

    def glance(self, raw: bytes) -> None:
        self.decode(raw)

    def write_specimen(self, folder: Path, samples: Sequence[tuple[str, Any]]) -> Path:
        path = folder / "train.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([(self.text, self.label), *((text, label) for label, text in samples)])
        return path

    def _index(self, path: Path) -> _Indexed:
        stat = path.stat()
        return _indexed(self.model_dump_json(), str(path), stat.st_mtime_ns, stat.st_size)


@dataclass(frozen=True)
class _Indexed:
    """What a table holds: for each row what its split column says, and the item; all texts; and the rows of ids."""

    entries: list[tuple[str | None, Found | Quarantined]]
    texts: Spool
    ids: dict[str, int]

    def number(self, key: str) -> int:
        """Which text a place means."""
        return self.ids[key] if key in self.ids else int(key) - 1


@lru_cache(maxsize=8)
def _indexed(settings: str, path: str, mtime_ns: int, size: int) -> _Indexed:
    """A file read through once; again only where it or the settings changed."""
    reader, file = Table.model_validate_json(settings), Path(path)
    columns = [name for name in (reader.text, reader.label, reader.id, reader.split) if name is not None]
    entries: list[tuple[str | None, Found | Quarantined]] = []
    texts, ids = Spool(), dict[str, int]()
    kind = format_of(file, reader.format)
    for number, row in enumerate(rows(file, kind, columns, Dialect(reader.delimiter, reader.quotes))):
        cells = dict(zip(columns, row.cells, strict=False))
        place = f"{file.name}#{number + 1:06}"
        said = cells.get(reader.split) if reader.split else None
        wrong = row.wrong or _wrong(reader, cells, ids)
        if wrong:
            texts.add(b"")
            entries.append(
                (
                    said if cells or not reader.split else reader.splits["train"],
                    Quarantined(place, _told(row, wrong)),
                )
            )
            continue
        if reader.id is not None:
            key = f"id={cells[reader.id]}"
            ids[key], place = number, f"{file.name}#{key}"
        texts.add(cells[reader.text].encode())
        entries.append((said, Found(place, cells[reader.label] if reader.label else None)))
    return _Indexed(entries, texts.seal(), ids)


def _wrong(reader: Table, cells: dict[str, str], ids: dict[str, int]) -> str:
    size = len(cells[reader.text].encode())
    if size > reader.max_bytes:
        return f"its text has {size:,} bytes, more than max_bytes = {reader.max_bytes:,}"
    if reader.label is not None and not cells[reader.label]:
        return "it has no class: the cell is empty"
    if reader.id is not None:
        if not cells[reader.id]:
            return "it has no id: the cell is empty"
        if (first := ids.get(f"id={cells[reader.id]}")) is not None:
            return f"its id {cells[reader.id][:60]!r} is that of row {first + 1} already"
    return ""


def _told(row: Row, wrong: str) -> str:
    return f"{wrong} ({row.where} of the file)"


def _what_is(path: Path) -> str:
    if not path.exists():
        return "does not exist."
    there = ", ".join(sorted(p.name for p in path.iterdir())[:8]) if path.is_dir() else ""
    what = (
        f"is a folder, and which of its files is meant is not clear ({there or 'it is empty'})"
        if path.is_dir()
        else "is no file"
    )
    return f"{what}. Name the file: --set source.path=FOLDER/train.csv (CSV, TSV, JSONL or Parquet)."


PLUGIN = Table
