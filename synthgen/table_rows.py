"""Rows of CSV, TSV, JSONL and Parquet files: every cell a string, exactly as it is written."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from synthgen.errors import SourceError

if TYPE_CHECKING:
    import pyarrow as pa

Format = Literal["csv", "tsv", "jsonl", "parquet"]
FORMATS: dict[str, Format] = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet",
}  # fmt: skip

_NOT_UTF8 = "it is not valid UTF-8"
_LONGEST_FIELD = 2**30
_FIRST_ROWS = 100
_AT_ONCE = 4096


class Row(NamedTuple):
    """The cells that were asked for, or what is wrong with the row. `where` is what a person finds it by."""

    where: str
    cells: tuple[str, ...] = ()
    wrong: str = ""


class Dialect(NamedTuple):
    """How the cells of CSV and TSV are kept apart; None for what is usual there."""

    delimiter: str | None = None
    quotes: bool | None = None


USUAL = Dialect()


def format_of(path: Path, given: Format | None = None) -> Format:
    """How a table is written, by its name. SourceError where that says nothing, or the first bytes say otherwise."""
    kind = given or FORMATS.get(path.suffix.lower())
    if kind is None:
        raise SourceError(
            f"{path.name} is no table by its name: {', '.join(FORMATS)} are read. Rename it, or say what it is by "
            f'format = "csv" (or "tsv", "jsonl", "parquet").'
        )
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error
    if (start[:4] == b"PAR1") != (kind == "parquet"):
        found = "Parquet" if start[:4] == b"PAR1" else "something else"
        raise SourceError(
            f"{path.name} should be {kind}, but its content is {found}. Give the right file or format."
        )
    if kind != "parquet" and (
        start[:2] in (b"PK", b"\x1f\x8b", b"\xff\xfe", b"\xfe\xff") or b"\0" in start.partition(b"\n")[0]
    ):
        raise SourceError(
            f"{path.name} is no text in UTF-8 (a packed file, a spreadsheet, UTF-16?). Save it as UTF-8 {kind}."
        )
    return kind


def rows(path: Path, kind: Format, columns: Sequence[str], dialect: Dialect = USUAL) -> Iterator[Row]:
    """All rows, as they stand in the file. SourceError where one of `columns` is missing, with those that are there."""
    readers: dict[Format, Callable[[], Iterator[Row]]] = {
        "csv": lambda: _separated(path, columns, dialect.delimiter or ",", dialect.quotes is not False),
        "tsv": lambda: _separated(path, columns, dialect.delimiter or "\t", dialect.quotes is True),
        "jsonl": lambda: _json_lines(path, columns),
        "parquet": lambda: _parquet(path, columns),
    }
    return readers[kind]()


def _separated(path: Path, columns: Sequence[str], delimiter: str, quotes: bool) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_FIELD)
    how: Literal[0, 3] = csv.QUOTE_MINIMAL if quotes else csv.QUOTE_NONE
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = csv.reader(file, delimiter=delimiter, quoting=how, strict=True)
        header = next(lines, [])
        _check_columns(path, columns, [name.encode("utf-8", "replace").decode() for name in header])
        places = [header.index(name) for name in columns]
        while True:
            first = lines.line_num + 1
            try:
                cells = next(lines)
            except StopIteration:
                return
            except csv.Error as error:
                if "unexpected end" in str(error):
                    raise SourceError(
                        f"{path.name}: a quote that opens in line {first} or after it is never closed, so that the "
                        f"rest of the file is one cell. Mend it, or set quotes = false where they are plain characters."
                    ) from error
                yield Row(_lines(first, lines.line_num), wrong=f"it cannot be taken apart: {error}")
                continue
            if not cells:
                continue
            where = _lines(first, lines.line_num)
            if len(cells) != len(header):
                yield Row(where, wrong=f"it has {len(cells)} cells, where the header has {len(header)}")
                continue
            yield _checked(where, tuple(cells[i] for i in places))


def _lines(first: int, last: int) -> str:
    return f"line {first}" if first >= last else f"lines {first} to {last}"


def _checked(where: str, cells: tuple[str, ...]) -> Row:
    try:
        for cell in cells:
            cell.encode()
    except UnicodeEncodeError:
        return Row(where, wrong=_NOT_UTF8)
    return Row(where, cells)


def _json_lines(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    seen: dict[str, None] = {}
    complete = False
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            if number == 1 and line.lstrip()[:1] == b"[":
                raise SourceError(f"{path.name} is one JSON array. JSONL is one object a line: write it so.")
            row, names = _json_row(f"line {number}", line, columns)
            complete = complete or not row.wrong
            if number <= _FIRST_ROWS:
                seen.update(dict.fromkeys(names))
            yield row
    if not complete:
        _check_columns(path, columns, list(seen))


def _json_row(where: str, line: bytes, columns: Sequence[str]) -> tuple[Row, Sequence[str]]:
    try:
        # Numbers stay as they are written: 007 is no JSON, but 1e5 and 1.50 are.
        found = json.loads(line.decode("utf-8-sig"), parse_int=str, parse_float=str, parse_constant=str)
    except UnicodeDecodeError:
        return Row(where, wrong=_NOT_UTF8), ()
    except (ValueError, RecursionError) as error:
        return Row(where, wrong=f"it is no JSON: {error}"), ()
    if not isinstance(found, dict):
        return Row(where, wrong=f"it is no JSON object but a {type(found).__name__}"), ()
    cells = []
    for name in columns:
        value = found.get(name)
        if isinstance(value, bool):
            value = json.dumps(value)
        if not isinstance(value, str):
            what = "is missing or null" if value is None else f"is a {type(value).__name__}, no text"
            return Row(where, wrong=f"its {name!r} {what}"), list(found)
        cells.append(value)
    return _checked(where, tuple(cells)), list(found)


def _parquet(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _check_columns(path, columns, file.schema_arrow.names)
            for name in columns:
                _check_type(path, name, file.schema_arrow.field(name).type)
            number = 0
            for batch in file.iter_batches(_AT_ONCE, columns=list(dict.fromkeys(columns))):
                for cells in zip(*(_cells(batch.column(name)) for name in columns), strict=True):
                    number += 1
                    yield _parquet_row(f"row {number}", columns, cells)
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceError(f"{path.name} is damaged: {error}. Write it anew.") from error


def _check_type(path: Path, name: str, kind: pa.DataType) -> None:
    import pyarrow as pa

    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    if pa.types.is_nested(plain):
        raise SourceError(
            f"{path.name}: the column {name!r} holds {kind}, no text. Name a column of strings."
        )


def _cells(column: pa.Array) -> list[Any]:
    """Bytes of strings (pyarrow would fail for a whole column where one is no UTF-8), texts of all else."""
    import pyarrow as pa

    plain = column.dictionary_decode() if isinstance(column, pa.DictionaryArray) else column
    if pa.types.is_string(plain.type):
        plain = plain.cast(pa.binary())
    elif pa.types.is_large_string(plain.type):
        plain = plain.cast(pa.large_binary())
    cells: list[Any] = plain.to_pylist()
    return cells


def _parquet_row(where: str, columns: Sequence[str], cells: Sequence[Any]) -> Row:
    texts = []
    for name, cell in zip(columns, cells, strict=True):
        if cell is None:
            return Row(where, wrong=f"its {name!r} is null")
        try:
            texts.append(cell.decode() if isinstance(cell, bytes) else _written(cell))
        except UnicodeDecodeError:
            return Row(where, wrong=_NOT_UTF8)
    return Row(where, tuple(texts))


def _written(cell: Any) -> str:
    return json.dumps(cell) if isinstance(cell, bool) else str(cell)


def _check_columns(path: Path, wanted: Sequence[str], there: Sequence[str]) -> None:
    for name in wanted:
        if there.count(name) != 1:
            what = "has no column" if name not in there else "has more than one column"
            known = ", ".join(map(repr, there[:20])) or "none"
            raise SourceError(
                f"{path.name} {what} {name!r}. Its columns: {known}. Name them by [source] text, label, id and split."
            )
