"""Versions whose kept samples are chosen by the test: what they do to a classifier is known beforehand."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from digits import digits

from synthgen import pipeline, staging
from synthgen.dataset import Dataset, DatasetVersion
from synthgen.modalities.image import Image
from synthgen.recipe import Recipe, parse_recipe
from synthgen.rows import staged_schema
from synthgen.seeds import hash_of
from synthgen.stages.publish import publish

RARE = "3689"
QUICK = {
    "seeds": 3, "steps": 120, "size": 16, "searches": 1, "reaches": [1], "shares": [0.5], "weights": [], "starts": [],
    "replacements": [],
}  # fmt: skip


def scarce(place: Path, **lift: Any) -> Recipe:
    """Digits with four classes cut to four samples each, one sample of one class wanted; a quick measurement."""
    data = digits(place).model_dump(mode="json")
    data["source"]["settings"]["cut"] = dict.fromkeys(RARE, 4)
    data["targets"] = {"counts": {"9": 5}}
    data["lift"] = QUICK | lift
    return parse_recipe(data)


def published(recipe: Recipe) -> DatasetVersion:
    """What the recipe itself makes."""
    return pipeline.run(recipe).version


def planted(
    base: DatasetVersion, name: str, payloads: Sequence[np.ndarray], labels: Sequence[str], parents: Sequence[str],
    entries: Sequence[str] | None = None, scores: Sequence[float] | None = None,
) -> DatasetVersion:  # fmt: skip
    """The next version of a dataset, which holds these samples as if the same recipe had made them. `entries` are keys
    of the recipe's entries, `scores` what the filter label_agreement gave."""
    like = next(iter(base.rows(where="decision = 'kept'")))
    rows = []
    for i, (payload, label, parent) in enumerate(zip(payloads, labels, parents, strict=True)):
        data = Image().encode(payload, {})
        own = {
            "id": hash_of(name, i)[:32], "label": label, "payload": data, "index": i, "decision": "candidate",
            "payload_sha256": hashlib.sha256(data).hexdigest(), "payload_bytes": len(data), "parents": [parent],
            "source_ids": [parent], "created_at": datetime.now(UTC), "embedding": None, "content_sha256": str(i),
        }  # fmt: skip
        if entries is not None:
            own["entry"] = entries[i]
        if scores is not None:
            own["scores"] = [
                {"filter": "label_agreement", "value": scores[i], "threshold": 0.0, "passed": True}
            ]
        rows.append(like | own)
    place = base.dataset.place
    shard = staging.write_shard(place, hash_of(name)[:32], pa.Table.from_pylist(rows, schema=staged_schema()))
    counts = {"jobs": len(rows), "kept": len(rows), "surplus": 0, "rejected": 0, "failed": 0}
    record = base.record | {"run_key": hash_of(name), "counts": counts}
    decisions = {str(row["id"]): "kept" for row in rows}
    return publish(Dataset(place), record, [shard], decisions)
