"""What a version says about itself besides its rows: recipe, source, plan, models, rounds, diversity, self-test."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen import __version__, staging
from synthgen.answers import Answers
from synthgen.dataset import DatasetVersion
from synthgen.index import Index
from synthgen.recipe import Recipe

if TYPE_CHECKING:
    from synthgen.stages.plan import Plan
    from synthgen.stages.select import Selection


def record(
    recipe: Recipe, index: Index, *, identity: str, run_key: str, extra: Mapping[str, int],
    base: DatasetVersion | None, plans: Sequence[Plan], rounds: Sequence[Sequence[Path]], selection: Selection,
    facts: Mapping[str, Any], selftest: Any, answers: Answers,
) -> dict[str, Any]:  # fmt: skip
    """The JSON-safe record of a version. Jobs are counted from the plan, outcomes from what is staged, so that
    `publish` can compare the two."""
    outcomes = [_outcomes(paths) for paths in rounds]
    made = sum(outcomes, Counter[str]())
    decided = Counter(selection.decisions.values())
    before: Mapping[str, int] = base.record["counts"] if base else {}
    counts = {
        "jobs": sum(len(p.jobs) for p in plans),
        "kept": decided["kept"],
        "surplus": decided["surplus"],
        "rejected": made["rejected"],
        "failed": made["failed"],
    }
    parents = {p for plan in plans for job in plan.jobs for p in job.parents}
    last = plans[-1] if plans else None
    return {
        "recipe": recipe.model_dump(mode="json"),
        "recipe_key": recipe.key,
        "identity": identity,
        "run_key": run_key,
        "base": base.tag if base else None,
        "extra": dict(extra),
        "modality": recipe.modality.name,
        "source": _source(recipe, index),
        "sources": (base.record["sources"] if base else {}) | _parents(index, parents),
        "plan": [*(base.record["plan"] if base else []), *_lines(plans)],
        "refused": _distinct([_fields(one) for p in plans for one in p.refused]),
        "models": _models(facts, base),
        **_answers(answers, rounds, base),
        "facts": {said["name"]: said["said"] for said in facts.values() if said.get("said")},
        "rounds": [{"round": i, "jobs": sum(o.values()), **o} for i, o in enumerate(outcomes, 1)],
        "targets": last.wanted if last else {},
        "shortfall": _shortfall(plans, selection, rounds),
        "diversity": selection.diversity,
        "selftest": selftest,
        "counts": {k: n + before.get(k, 0) for k, n in counts.items()},
        "code_version": __version__,
        "created_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }


def _outcomes(paths: Iterable[Path]) -> Counter[str]:
    import pyarrow.compute as pc

    total: Counter[str] = Counter(candidate=0, rejected=0, failed=0)
    for path in paths:
        for pair in pc.value_counts(staging.read_shard(path, ["decision"])["decision"]).to_pylist():
            total[pair["values"]] += pair["counts"]
    return total


def _source(recipe: Recipe, index: Index) -> dict[str, Any]:
    return {
        "reader": recipe.source.reader,
        "counts": {split: index.counts(split) for split in index.items},
        "items": index.listed,
        "read": sum(map(len, index.items.values())),
        "quarantined": [q._asdict() for q in index.quarantined],
        "digest": index.digest,
        "licence": recipe.source.licence,
    }


def _parents(index: Index, parents: Iterable[str]) -> dict[str, Any]:
    items = (index.by_id[p] for p in sorted(parents))
    return {
        i.id: {"sha256": i.sha256, "place": i.place, "label": i.label, "split": i.split}
        | ({"annotations": i.annotations} if i.annotations else {})
        for i in items
    }


def _models(facts: Mapping[str, Any], base: DatasetVersion | None) -> dict[str, Any]:
    """By the hash that rows name: the folder's hash, or none where the model was given from elsewhere."""
    before: dict[str, Any] = dict(base.record["models"]) if base else {}
    return before | {
        said["sha256"]: {k: said.get(k) for k in ("name", "kind", "weights_sha256", "given", "compute")}
        for said in facts.values()
    }


def _answers(
    answers: Answers, rounds: Sequence[Sequence[Path]], base: DatasetVersion | None
) -> dict[str, Any]:
    """The answers of remote models that the rows name, with their hashes, and what each generator's took in sum."""
    before: Mapping[str, Any] = base.record if base else {}
    named: dict[str, str] = dict(before.get("answers", {}))
    asked: dict[str, dict[str, float]] = {k: dict(v) for k, v in before.get("asked", {}).items()}
    new: dict[str, set[str]] = {}
    for path in (p for paths in rounds for p in paths):
        table = staging.read_shard(path, ["generator", "answers"])
        for name, keys in zip(table["generator"].to_pylist(), table["answers"].to_pylist(), strict=True):
            new.setdefault(name, set()).update(set(keys or ()) - set(named))
    for name, some in sorted(new.items()):
        if some:
            total = asked.setdefault(name, {"answers": 0})
            for unit, n in {"answers": len(some), **answers.usage(sorted(some))}.items():
                total[unit] = total.get(unit, 0) + n
    return {"answers": named | answers.hashes(set().union(*new.values())), "asked": asked}


def _shortfall(
    plans: Sequence[Plan], selection: Selection, rounds: Sequence[Sequence[Path]]
) -> dict[str, int]:
    """What each class still lacks after the last round."""
    if not plans:
        return {}
    kept: Counter[str] = Counter()
    for path in (p for paths in rounds for p in paths):
        table = staging.read_shard(path, ["id", "label"])
        for sample, label in zip(table["id"].to_pylist(), table["label"].to_pylist(), strict=True):
            kept[label] += selection.decisions.get(sample) == "kept"
    first = plans[0]
    return {c: lacks for c, n in first.missing.items() if (lacks := n - kept[c]) > 0}


def _fields(value: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(value)


def _distinct(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for i, row in enumerate(rows) if row not in rows[:i]]


def _lines(plans: Sequence[Plan]) -> list[dict[str, Any]]:
    return [{"round": i, **_fields(line)} for i, one in enumerate(plans, 1) for line in one.lines]
