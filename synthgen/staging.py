"""Shards that wait to be published: each one Arrow file, named after the samples in it, that appears whole."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from synthgen.durable import appearing, writing_to
from synthgen.errors import DatasetError
from synthgen.rows import staged_schema

if TYPE_CHECKING:
    import pyarrow as pa

_LEFT_OVER_S = 3600


def shard_path(place: Path, key: str) -> Path:
    """Where the shard of this key lies in a run's folder, whether it is there or not."""
    return place / "staging" / f"{key}.arrow"


def write_shard(place: Path, key: str, rows: pa.Table) -> Path:
    """Stage rows of `staged_schema()`; the file is on the disk when this returns. PublishError if it can't be."""
    import pyarrow as pa

    path = shard_path(place, key)
    with (
        writing_to(place),
        appearing(path) as draft,
        pa.OSFile(str(draft), "wb") as file,
        pa.ipc.new_file(file, staged_schema()) as writer,
    ):
        writer.write_table(rows, max_chunksize=256)
    return path


def batches(path: Path, columns: Sequence[str] | None = None) -> Iterator[pa.RecordBatch]:
    """The rows of a shard, at most 256 at a time. DatasetError if the file is missing or damaged."""
    import pyarrow as pa

    fields = None if columns is None else [staged_schema().get_field_index(name) for name in columns]
    options = pa.ipc.IpcReadOptions(included_fields=fields)
    try:
        with pa.OSFile(str(path), "rb") as file, pa.ipc.open_file(file, options=options) as reader:
            for i in range(reader.num_record_batches):
                yield reader.get_batch(i)
    except (OSError, pa.ArrowInvalid) as error:
        raise DatasetError(
            f"the staged shard {path.name} cannot be read ({error}). Remove {path}, and run again: it is made anew."
        ) from error


def read_shard(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """A whole shard, or some of its columns: the others are not read from the disk."""
    import pyarrow as pa

    schema = staged_schema()
    if columns is not None:
        schema = pa.schema([schema.field(name) for name in columns])
    return pa.Table.from_batches([batch.select(schema.names) for batch in batches(path, columns)], schema)


def clear(place: Path, shards: Iterable[Path] = (), before: float = 0.0) -> None:
    """Remove shards that a version holds now, and drafts that a crash left more than an hour ago.

    Shards staged before the time `before` (as time.time() says it) go too: a run gives its start, and is the only one
    at work on its dataset, so that they are of recipes that were given up.
    """
    for path in shards:
        path.unlink(missing_ok=True)
    for pattern, limit in ((".*.draft", time.time() - _LEFT_OVER_S), ("[!.]*.arrow", before)):
        for path in (place / "staging").glob(pattern):
            if path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)
