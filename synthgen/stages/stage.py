"""Encode a judged shard as a table that waits to be published."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from synthgen import __version__, rows
from synthgen.modality import marker
from synthgen.recipe import Recipe
from synthgen.sample import Failed, Made, Verdict
from synthgen.seeds import canonical

if TYPE_CHECKING:
    import pyarrow as pa


def stage(
    recipe: Recipe, drafts: Sequence[Any], verdicts: Sequence[dict[str, Verdict]], run_id: str, shard_key: str
) -> pa.Table:
    """A table of `rows.staged_schema()`, one row a draft. `verdicts` are those of the made drafts, in order."""
    import numpy as np
    import pyarrow as pa

    modality = recipe.modality
    judged = iter(verdicts)
    payloads = [d.outcome.made.payload for d in drafts if isinstance(d.outcome.made, Made)]
    vectors = iter(np.asarray(modality.embed(payloads), np.float16) if payloads else ())
    columns: dict[str, list[Any]] = {name: [] for name in rows.staged_schema().names}
    written: dict[tuple[int, ...], str] = {}  # the drafts of a batch share their settings
    now = datetime.datetime.now(datetime.UTC)
    for draft in drafts:
        made = draft.outcome.made
        said = next(judged) if isinstance(made, Made) else {}
        taken = draft.outcome.settings
        if (settings := written.get(key := tuple(map(id, taken)))) is None:
            settings = written[key] = canonical(taken).decode()
        row = _lineage(recipe, draft, settings) | _judged(made, said)
        if isinstance(made, Made):
            row |= _payload(modality, draft.id, made) | {"embedding": next(vectors)}
        row |= {"run_id": run_id, "shard_key": shard_key, "code_version": __version__, "created_at": now}
        for name, column in columns.items():
            column.append(row.get(name))
    schema = rows.staged_schema()
    return pa.table([pa.array(columns[f.name], f.type) for f in schema], schema=schema)


def _lineage(recipe: Recipe, draft: Any, settings: str) -> dict[str, Any]:
    job, outcome = draft.job, draft.outcome
    entry = recipe.generate[job.entry]
    return {
        "id": draft.id,
        "modality": recipe.modality.name,
        "label": job.label,
        "split": "train",
        "parents": list(job.parents),
        "source_ids": sorted(set(job.parents)),
        "entry": entry.key,
        "generator": "+".join(outcome.generators) or entry.name,
        "settings": settings,
        "draw": canonical(outcome.draws).decode(),
        "bounds": canonical(job.bounds).decode(),
        "seed": job.seed,
        "index": job.index,
        "round": job.round,
        "model_sha256": list(draft.model_sha256),
        "prompt_sha256": list(draft.prompt_sha256),
        "recipe_key": recipe.key,
        "licence": recipe.source.licence,
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
