"""One published version: its rows, read as a stream or by id."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen.answers import Answers
from synthgen.errors import DatasetError
from synthgen.mending import manifest_path

if TYPE_CHECKING:
    import lance
    import numpy as np
    import pyarrow as pa

    from synthgen.dataset import Dataset

_BATCH, _READ_AHEAD_BYTES = 256, 32 * 2**20


@dataclass(frozen=True, slots=True)
class VersionInfo:
    """One version as a list shows it. `number` is Lance's own."""

    tag: str
    number: int
    run_key: str
    created_at: datetime
    approved: bool
    record_path: Path

    @property
    def record(self) -> dict[str, Any]:
        """All that the run wrote down about itself."""
        return _read_record(self.record_path)


class DatasetVersion:
    """What one run published. Immutable: nothing here writes."""

    def __init__(self, dataset: Dataset, info: VersionInfo) -> None:
        self.dataset, self.info = dataset, info
        self.tag, self.number = info.tag, info.number

    def __repr__(self) -> str:
        return f"DatasetVersion({self.dataset.place.name}@{self.tag})"

    @cached_property
    def record(self) -> dict[str, Any]:
        """All that the run wrote down about itself: see `stages/publish.py`."""
        return self.info.record

    @cached_property
    def properties(self) -> Mapping[str, str]:
        """What the commit carries: run_key, digest, record_sha256."""
        properties: Mapping[str, str] = (
            self.dataset.newest_commit().read_transaction(self.number).transaction_properties
        )
        return properties

    @property
    def digest(self) -> str:
        """Hash of what all rows say; the same for the same recipe, source and model files."""
        return self.properties["digest"]

    @cached_property
    def answers(self) -> Answers:
        """What remote models answered, as the version names it: nothing is asked anew."""
        return Answers(self.dataset.answers.folder, self.record.get("answers", {}))

    def __len__(self) -> int:
        return int(self.table.count_rows())

    @cached_property
    def table(self) -> lance.LanceDataset:
        """The rows as Lance keeps them."""
        import lance

        try:
            return lance.dataset(str(self.dataset.uri), version=self.number)
        except (OSError, ValueError, RuntimeError) as error:
            said = str(error).splitlines()[0]
            raise DatasetError(f"{self!r} cannot be opened: {said}. Restore it from a backup.") from error

    def batches(
        self, columns: Sequence[str] | None = None, where: str | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Rows in the order they were published, a few at a time. `where` is SQL: see `equals`."""
        scanner = self.table.scanner(
            columns=None if columns is None else list(columns), filter=where, batch_size=_BATCH,
            batch_readahead=2, fragment_readahead=1, io_buffer_size=_READ_AHEAD_BYTES, scan_in_order=True,
        )  # fmt: skip
        try:
            yield from scanner.to_batches()
        except (OSError, RuntimeError, ValueError) as error:
            said = str(error).splitlines()[0]
            raise DatasetError(f"rows of {self!r} cannot be read: {said}. Run `synthgen verify`.") from error

    def rows(
        self, columns: Sequence[str] | None = None, where: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """Rows as dicts, streamed."""
        for batch in self.batches(columns, where):
            yield from batch.to_pylist()

    def row(self, sample_id: str) -> dict[str, Any]:
        """The row of a sample, by its id or a beginning of it that no other has."""
        ids = self.ids
        low, high = (int(ids.searchsorted(key.encode())) for key in (sample_id, sample_id + "\x7f"))
        if not sample_id.isascii() or not sample_id or low == high:
            raise DatasetError(
                f"{self.dataset.place.name}@{self.tag} has no sample {sample_id!r}. `synthgen audit --html` shows ids."
            )
        if high - low > 1 and ids[low].decode() != sample_id:
            name = f"{self.dataset.place.name}@{self.tag}"
            raise DatasetError(
                f"{high - low} samples of {name} begin with {sample_id!r}: write more of the id."
            )
        return next(iter(self.rows_of([ids[low].decode()]).values()))

    def payload(self, sample_id: str) -> bytes:
        """The encoded payload of a sample."""
        row = self.row(sample_id)
        if row["payload"] is None:
            raise DatasetError(f"{row['id']} was {row['decision']}, and its payload is not kept.")
        return bytes(row["payload"])

    def rows_of(self, ids: Iterable[str]) -> dict[str, dict[str, Any]]:
        """The rows of these ids, of those that are there."""
        import numpy as np

        wanted = np.array(sorted({i.encode() for i in ids if i.isascii()}), dtype=np.bytes_)
        if not len(wanted) or not len(self.ids):
            return {}
        at = np.minimum(self.ids.searchsorted(wanted), len(self.ids) - 1)
        places = sorted(self._order[at[self.ids[at] == wanted]].tolist())
        return {row["id"]: row for row in self.table.take(places).to_pylist()} if places else {}

    @property
    def ids(self) -> np.ndarray:
        """All ids as bytes, sorted."""
        return self._by_id[0]

    @property
    def _order(self) -> np.ndarray:
        return self._by_id[1]

    @property
    def _by_id(self) -> tuple[np.ndarray, np.ndarray]:
        manifest = manifest_path(self.dataset.uri, self.number)
        stamp = manifest.stat().st_mtime_ns if manifest.exists() else 0
        return _sorted_ids(self.dataset.uri, self.number, stamp)


@lru_cache(maxsize=8)
def _sorted_ids(uri: Path, number: int, stamp: int) -> tuple[np.ndarray, np.ndarray]:
    """Ids in order and their places; kept, because every shard asks which of its samples were made before."""
    import lance
    import numpy as np

    column = lance.dataset(str(uri), version=number).to_table(columns=["id"])["id"]
    ids = np.array([i.encode() for i in column.to_pylist()], dtype=np.bytes_)
    order = np.argsort(ids, kind="stable")
    return ids[order], order


def equals(column: str, *values: str) -> str:
    """SQL for `where`: the column holds one of the values, whatever characters they have."""
    quoted = ", ".join("'" + value.replace("'", "''") + "'" for value in values)
    return f"{column} IN ({quoted})"


def _read_record(path: Path) -> dict[str, Any]:
    try:
        record: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(
            f"the run's record {path} cannot be read: {error}. Restore it from a backup."
        ) from error
    return record
