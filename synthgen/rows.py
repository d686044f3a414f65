"""The columns of a dataset version, and of the shards that wait to become one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

DECISIONS = ("kept", "surplus", "rejected", "failed")
CANDIDATE = "candidate"
"""Decision of a staged row that passed every filter; `select` makes it kept or surplus."""

OUTSIDE_DIGEST = frozenset({"payload", "run_id", "shard_key", "code_version", "created_at", "round"})
"""Columns that do not count for a version's digest (the payload counts by its hash)."""


@cache
def schema() -> pa.Schema:
    """Columns of `dataset.lance`. JSON columns hold canonical JSON text."""
    import pyarrow as pa

    text, json = pa.string(), pa.string()
    score = pa.struct(
        [("filter", text), ("value", pa.float64()), ("threshold", pa.float64()), ("passed", pa.bool_())]
    )
    columns = [
        pa.field("id", text, nullable=False, metadata={"lance-schema:unenforced-primary-key": "true"}),
        pa.field("modality", text),
        pa.field("label", text),
        pa.field("label_weights", json),
        pa.field("annotations", json),
        pa.field("split", text),
        pa.field("parents", pa.list_(text)),
        pa.field("source_ids", pa.list_(text)),
        pa.field("entry", text),
        pa.field("generator", text),
        pa.field("settings", json),
        pa.field("draw", json),
        pa.field("bounds", json),
        pa.field("seed", pa.int64()),
        pa.field("index", pa.int64()),
        pa.field("round", pa.int32()),
        pa.field("model_sha256", pa.list_(text)),
        pa.field("prompt_sha256", pa.list_(text)),
        pa.field("answers", pa.list_(text)),
        pa.field("recipe_key", text),
        pa.field("scores", pa.list_(score)),
        pa.field("decision", text),
        pa.field("reasons", pa.list_(text)),
        pa.field("payload", pa.binary()),
        pa.field("media_type", text),
        pa.field("payload_sha256", text),
        pa.field("payload_bytes", pa.int64()),
        pa.field("licence", text),
        pa.field("source_licences", pa.list_(text)),
        pa.field("run_id", text),
        pa.field("shard_key", text),
        pa.field("code_version", text),
        pa.field("created_at", pa.timestamp("us", tz="UTC")),
    ]
    return pa.schema(columns)


@cache
def staged_schema() -> pa.Schema:
    """Columns of a staged shard: those of the dataset and what `select` looks at."""
    import pyarrow as pa

    return (
        schema()
        .append(pa.field("embedding", pa.list_(pa.float16())))
        .append(pa.field("content_sha256", pa.string()))
    )
