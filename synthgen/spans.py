"""Tables that say in which frames of a video, or seconds of a sound, something is seen or heard."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from synthgen.errors import SourceError

Spans = Mapping[str, tuple[int, int]]


def found(name: str, root: Path) -> Path:
    """The table by its path: as it stands, in the source folder, or beside it. Raises SourceError."""
    places = (
        [Path(name).expanduser()]
        if Path(name).expanduser().is_absolute()
        else [root / name, root.parent / name]
    )
    for place in places:
        if place.is_file():
            return place
    raise SourceError(f"the table of spans {name!r} is not there: looked for {', '.join(map(str, places))}.")


def read(path: Path, folder: str) -> dict[tuple[str, str], tuple[int, int]]:
    """First and end frame by file and word; a file's name begins with the split's `folder`, or in it.

    Columns: `file`, `word` (or `label`), `first_frame`, `end_frame`. Raises SourceError with the row. A span may be
    empty: that is a fault of its file alone.
    """
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        columns = set(rows.fieldnames or ())
        word = "word" if "word" in columns else "label"
        if missing := {"file", word, "first_frame", "end_frame"} - columns:
            raise SourceError(
                f"{path.name} lacks the column {sorted(missing)[0]!r}; it needs file, word, first_frame, end_frame."
            )
        spans: dict[tuple[str, str], tuple[int, int]] = {}
        for number, row in enumerate(rows, 2):
            try:
                first, end = int(row["first_frame"]), int(row["end_frame"])
            except (TypeError, ValueError):
                raise SourceError(
                    f"{path.name}, row {number}: first_frame and end_frame are whole numbers."
                ) from None
            name = row["file"].removeprefix(f"{folder}/")
            spans.setdefault((name, row[word]), (first, end))
        return spans


def of(annotations: Mapping[str, Any], frames: int) -> tuple[int, int] | None:
    """The labelled span of a clip of so many frames, or None where it has none. ValueError if it lies outside."""
    if (said := annotations.get("span")) is None:
        return None
    first, end = int(said[0]), min(int(said[1]), frames)
    if not 0 <= first < end:
        raise ValueError(f"the labelled span {list(said)} lies outside the clip, which has {frames} frames")
    return first, end


def said(span: tuple[int, int] | None) -> dict[str, Any]:
    """A span as an annotation; none where nothing of it is left."""
    return {} if span is None or span[0] >= span[1] else {"span": [int(span[0]), int(span[1])]}


def rearranged(span: tuple[int, int] | None, places: Sequence[int]) -> tuple[int, int] | None:
    """The span where the clip shows the frames of these positions; None where it shows none of the span."""
    at = [i for i, place in enumerate(places) if span and span[0] <= place < span[1]]
    return (at[0], at[-1] + 1) if at else None
