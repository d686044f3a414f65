"""Encode a judged shard as a table that waits to be published."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from synthgen import rows
from synthgen.modality import marker
from synthgen.recipe import Recipe
from synthgen.sample import Failed, Made, Verdict
from synthgen.seeds import canonical

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa


def stage(
    recipe: Recipe, drafts: Sequence[Any], verdicts: Sequence[dict[str, Verdict]], run_id: str, shard_key: str, *,
    embed: bool = True,
) -> pa.Table:  # fmt: skip
    """A table of `rows.staged_schema()`, one row a draft. `verdicts` are those of the made drafts, in order.

    Embeddings are null where nothing was made, or everywhere if not `embed`.
    """
    import pyarrow as pa

    modality = recipe.modality
    judged = iter(verdicts)
    payloads = [d.outcome.made.payload for d in drafts if isinstance(d.outcome.made, Made)]
    same = _same(recipe) | {"run_id": run_id, "shard_key": shard_key}
    schema = rows.staged_schema()
    columns: dict[str, list[Any]] = {name: [] for name in schema.names if name not in {*same, "embedding"}}
    written = _Written()
    for draft in drafts:
        made = draft.outcome.made
        said = next(judged) if isinstance(made, Made) else {}
        row = _lineage(recipe, draft, written) | _judged(made, said)
        if isinstance(made, Made):
            row |= _payload(modality, draft.id, made)
        for name, column in columns.items():
            column.append(row.get(name))
    types = {field.name: field.type for field in schema}
    arrays = {name: pa.array(column, types[name]) for name, column in columns.items()}
    arrays |= {name: pa.repeat(pa.scalar(value, types[name]), len(drafts)) for name, value in same.items()}
    arrays["embedding"] = _embeddings(
        modality.embed(payloads) if payloads and embed else None, columns["payload"]
    )
    return pa.table([arrays[name] for name in schema.names], schema=schema)


def _same(recipe: Recipe) -> dict[str, Any]:
    """What all rows of a run have in common."""
    return {
        "modality": recipe.modality.name,
        "split": "train",
        "recipe_key": recipe.key,
        "licence": recipe.source.licence,
        "created_at": datetime.datetime.now(datetime.UTC),
    }


class _Written:
    """Canonical JSON of values that many drafts of a batch share, written once each."""

    def __init__(self) -> None:
        self._texts: dict[Any, tuple[Any, str]] = {}

    def __call__(self, value: Any) -> str:
        key = tuple(map(id, value)) if isinstance(value, tuple) else id(value)
        if key not in self._texts:
            self._texts[key] = value, canonical(value).decode()  # held, so that no other value gets its id
        return self._texts[key][1]


def _embeddings(vectors: np.ndarray | None, payloads: Sequence[bytes | None]) -> pa.Array:
    """A list a row, null where there is no payload; by offsets, because row by row takes ten times as long."""
    import numpy as np
    import pyarrow as pa

    there = np.array([payload is not None and vectors is not None for payload in payloads], bool)
    flat = np.asarray(vectors if vectors is not None else [], np.float16)
    width = flat.shape[1] if flat.ndim == 2 else 0
    offsets = np.concatenate([[0], np.cumsum(there * width)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat.ravel()), mask=pa.array(~there))


def _lineage(recipe: Recipe, draft: Any, written: _Written) -> dict[str, Any]:
    job, outcome = draft.job, draft.outcome
    entry = recipe.generate[job.entry]
    return {
        "id": draft.id,
        "label": job.label,
        "parents": list(job.parents),
        "source_ids": sorted(set(job.parents)),
        "entry": entry.key,
        "generator": "+".join(outcome.generators) or entry.name,
        "settings": written(outcome.settings),
        "draw": canonical(outcome.draws).decode(),
        "bounds": written(job.bounds),
        "seed": job.seed,
        "index": job.index,
        "round": job.round,
        "model_sha256": list(draft.outcome.models),
        "prompt_sha256": list(draft.prompt_sha256),
        "answers": list(outcome.answers),
        "code_version": draft.code_version,
        "source_licences": sorted({p.licence for p in draft.parents} or {recipe.source.licence}),
    }


def _judged(made: Made | Failed, said: dict[str, Verdict]) -> dict[str, Any]:
    if isinstance(made, Failed):
        return {"decision": "failed", "reasons": [made.reason], "scores": []}
    faults = [f"{name}: {v.reason}" for name, v in said.items() if not v.passed]
    scores = [
        {"filter": name, "value": float(v.score), "threshold": float(v.threshold), "passed": bool(v.passed)}
        for name, v in said.items()
    ]
    return {"decision": "rejected" if faults else rows.CANDIDATE, "reasons": faults, "scores": scores}


def _payload(modality: Any, sample: str, made: Made) -> dict[str, Any]:
    data = modality.encode(made.payload, marker(sample))
    return {
        "label_weights": canonical(made.weights).decode() if made.weights else None,
        "annotations": canonical(made.annotations).decode() if made.annotations else None,
        "payload": data,
        "media_type": modality.media_type,
        "payload_sha256": hashlib.sha256(data).hexdigest(),
        "payload_bytes": len(data),
        "content_sha256": hashlib.sha256(modality.content(made.payload)).hexdigest(),
    }
