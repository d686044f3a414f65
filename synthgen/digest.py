"""The digest of a version: what its rows say, whatever run, order or file they came from."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from synthgen.rows import OUTSIDE_DIGEST

if TYPE_CHECKING:
    import pyarrow as pa

_HALF, _KEPT_BITS = 1 << 31, 0xFFFF_FFFF_0000_0000
"""Floats count to 20 bits of their fraction (six decimal digits): the rest differs between machines."""


class Digest:
    """Takes batches of rows, of any size and order, and tells their digest, counts and doubled ids.

    Holds an id and 32 bytes a row. The payload counts by its hash.
    """

    def __init__(self) -> None:
        self._ids: list[pa.Array] = []
        self._hashes: list[pa.Array] = []

    def add(self, batch: pa.RecordBatch) -> None:
        """Take rows with at least the columns that count."""
        import pyarrow as pa

        # copied: a column of a batch that was read from a file keeps all of the batch in memory
        self._ids.append(pa.array(batch.column("id").to_pylist(), pa.string()))
        self._hashes.append(pa.array(row_hashes(batch), pa.binary(32)))

    @property
    def doubled(self) -> list[str]:
        """Ids that came more than once."""
        import pyarrow as pa
        import pyarrow.compute as pc

        counts = pc.value_counts(pa.chunked_array(self._ids, pa.string()))
        more = counts.filter(pc.greater(counts.field("counts"), 1))
        return sorted(more.field("values").to_pylist())

    def value(self) -> str:
        """Hex SHA-256 over the row hashes in the order of the ids."""
        import pyarrow as pa
        import pyarrow.compute as pc

        order = pc.sort_indices(pa.chunked_array(self._ids, pa.string()))
        hashes = pa.chunked_array(self._hashes, pa.binary(32)).combine_chunks().take(order)
        whole = hashlib.sha256()
        for start in range(0, len(hashes), 4096):
            whole.update(b"".join(hashes.slice(start, 4096).to_pylist()))
        return whole.hexdigest()


def row_hashes(batch: pa.RecordBatch) -> list[bytes]:
    """SHA-256 of what each row says: the columns that count, by name."""
    import pyarrow.compute as pc

    names = sorted(set(batch.schema.names) - OUTSIDE_DIGEST)
    texts = pc.binary_join_element_wise(*[_text(batch.column(name)) for name in names], "")
    return [hashlib.sha256(text.encode()).digest() for text in texts.to_pylist()]


def _text(column: Any) -> Any:
    """Values as `length:text`, null as `-`: no two different rows read the same when these are joined."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_struct(column.type):
        text = pc.binary_join_element_wise(*[_text(part) for part in column.flatten()], "")
    elif pa.types.is_list(column.type):
        text = _list_text(column)
    elif pa.types.is_floating(column.type):
        text = _float_text(column)
    else:
        text = pc.cast(column, pa.string())
    size = pc.cast(pc.binary_length(text), pa.string())
    return pc.fill_null(pc.binary_join_element_wise(size, text, ":"), "-")


def _list_text(column: Any) -> Any:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    joined = pc.binary_join(pa.ListArray.from_arrays(offsets, _text(column.flatten())), "")
    return pc.if_else(pc.is_valid(column), joined, pa.scalar(None, pa.string()))


def _float_text(column: Any) -> Any:
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    values = pc.fill_null(pc.cast(column, pa.float64()), 0.0).to_numpy(zero_copy_only=False) + 0.0
    values = np.where(np.isnan(values), np.nan, values)
    bits = (values.view(np.uint64) + np.uint64(_HALF)) & np.uint64(_KEPT_BITS)
    text = pc.cast(pa.array(bits), pa.string())
    return pc.if_else(pc.is_valid(column), text, pa.scalar(None, pa.string()))
