"""A made-up run: rows staged as the pipeline stages them, and the record that goes with them."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from synthgen import registry, staging
from synthgen.dataset import Dataset, DatasetVersion
from synthgen.modalities.image import Image
from synthgen.rows import staged_schema
from synthgen.seeds import hash_of
from synthgen.stages.publish import publish

SOURCE = Image().encode(np.full((8, 8, 3), 99, np.uint8), {})
SOURCE_SHA = hashlib.sha256(SOURCE).hexdigest()
SOURCE_ID = hash_of("6/a.png", SOURCE_SHA)[:32]
_READERS = {name: registry.find("readers", name) for name in registry.names("readers")}
READERS = {reader.modality: name for name, reader in _READERS.items() if reader.takes_path}
"""A reader of each modality, of those that read files."""
OUTCOMES = ("candidate", "candidate", "rejected", "failed")


class MadeUp(NamedTuple):
    """What a pipeline hands to `publish`."""

    record: dict[str, Any]
    staged: list[Path]
    decisions: dict[str, str]


def made_up(
    place: Path, *, name: str = "run", labels: Sequence[str | None] = ("6", "9"), n: int = 40, shard: int = 16,
    size: int | None = None, base: DatasetVersion | None = None, outcomes: Sequence[str] = OUTCOMES,
    modality: str = "image",
) -> MadeUp:  # fmt: skip
    """Stage `n` samples of a run called `name`; every second candidate is surplus."""
    ids = [hash_of(name, i)[:32] for i in range(n)]
    rows = [
        _row(i, ids[i], labels[i % len(labels)], outcomes[i % len(outcomes)], size, modality)
        for i in range(n)
    ]
    staged = []
    for start in range(0, n, shard):
        some = rows[start : start + shard]
        key = hash_of([row["id"] for row in some])[:32]
        staged.append(staging.write_shard(place, key, pa.Table.from_pylist(some, schema=staged_schema())))
    passed = [row["id"] for row in rows if row["decision"] == "candidate"]
    decisions = {one: ("kept", "surplus")[i % 2] for i, one in enumerate(passed)}
    record, source = _record(name, rows, decisions, base), SOURCE
    if modality != "image":
        source = _source(modality)
        record["modality"], record["recipe"]["source"]["reader"] = modality, READERS[modality]
        record["sources"][SOURCE_ID]["sha256"] = hashlib.sha256(source).hexdigest()
    Dataset(place).keep_source(record["sources"][SOURCE_ID]["sha256"], source)
    return MadeUp(record, staged, decisions)


def _payload(modality: str, i: int) -> bytes:
    kind = registry.find("modalities", modality)()
    data: bytes = kind.encode(kind.specimen(np.random.default_rng(i)), {})
    return data


def _source(modality: str) -> bytes:
    """The raw bytes of a source item of a modality, as its reader gives them."""
    reader, kind = _READERS[READERS[modality]](), registry.find("modalities", modality)()
    with tempfile.TemporaryDirectory() as folder:
        root = reader.write_specimen(Path(folder), [("6", kind.specimen(np.random.default_rng(99)))])
        (found,) = reader.items(root, "train")
        raw: bytes = reader.raw(root, found.place)
    return raw


def _row(
    i: int, sample: str, label: str | None, outcome: str, size: int | None, modality: str
) -> dict[str, Any]:
    rng = np.random.default_rng(i)
    payload = None
    if outcome != "failed":
        picture = rng.integers(0, 256, (8, 8, 3), np.uint8)
        payload = Image().encode(picture, {"synthetic": "yes"}) if size is None else rng.bytes(size)
        payload = payload if modality == "image" else _payload(modality, i)
    passed = outcome == "candidate"
    score = {"filter": "label_agreement", "value": i / 7, "threshold": 0.2, "passed": passed}
    return {
        "id": sample, "modality": modality, "label": label, "label_weights": None, "annotations": "{}",
        "split": "train", "parents": [SOURCE_ID], "source_ids": [SOURCE_ID], "entry": "0",
        "generator": "image/affine", "settings": "[{}]", "draw": json.dumps([{"turn": i}]), "bounds": "{}",
        "seed": i, "index": i, "round": 1, "model_sha256": [], "prompt_sha256": [], "recipe_key": "r",
        "scores": [] if payload is None else [score], "decision": outcome,
        "reasons": [] if passed else ["looks like a 9 | <b>not</b> a 6"], "payload": payload,
        "media_type": registry.find("modalities", modality).media_type,
        "payload_sha256": payload and hashlib.sha256(payload).hexdigest(),
        "payload_bytes": payload and len(payload), "licence": "CC0-1.0", "source_licences": ["CC0-1.0"],
        "run_id": "x", "shard_key": "y", "code_version": "0", "created_at": datetime.now(UTC),
        "embedding": rng.normal(size=8).astype(np.float16), "content_sha256": sample,
    }  # fmt: skip


def _record(
    name: str, rows: Sequence[dict[str, Any]], decisions: dict[str, str], base: DatasetVersion | None
) -> dict[str, Any]:
    outcome = [decisions.get(row["id"], row["decision"]) for row in rows]
    counts = {d: outcome.count(d) for d in ("kept", "surplus", "rejected", "failed")} | {"jobs": len(rows)}
    before = base.record["counts"] if base else {}
    quarantined = [{"place": "6/bad.png", "reason": "truncated", "split": "train"}]
    return {
        "run_key": hash_of(name),
        "recipe": {"name": name, "seed": 0, "source": {"reader": "image_folder", "settings": {}}},
        "recipe_key": "r", "identity": name, "modality": "image",
        "base": base.tag if base else None, "extra": {},
        "source": {"items": 21, "read": 20, "quarantined": quarantined, "licence": "CC0-1.0", "digest": "d",
                   "reader": "image_folder", "counts": {"train": {"6": 12, "9": 8}}},
        "sources": {SOURCE_ID: {"sha256": SOURCE_SHA, "place": "6/a.png", "label": "6", "split": "train"}},
        "plan": [], "refused": [{"entry": 1, "generator": "image/affine", "label": "6", "reason": "turn is forbidden"}],
        "models": {}, "facts": {"label_agreement": {"folds": 5}}, "rounds": [], "targets": {"6": 20, "9": 20},
        "shortfall": {"9": 3},
        "diversity": {"6": {"real": {"n": 12, "vendi": 2.5, "mean_distance": 0.5},
                            "kept": {"n": 9, "vendi": 2.0, "mean_distance": 0.4}}},
        "selftest": None, "counts": {k: v + before.get(k, 0) for k, v in counts.items()},
        "code_version": "0", "created_at": "2026-11-01T00:00:00+00:00",
    }  # fmt: skip


def published(place: Path, **how: Any) -> DatasetVersion:
    """A made-up run, published as the next version."""
    return publish(Dataset(place), *made_up(place, **how))
