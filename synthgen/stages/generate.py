"""Make the samples of a shard: every job ends as a draft with a payload, or as a failure with its reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from synthgen import __version__
from synthgen.answers import Answers
from synthgen.chain import Models, Outcome, key_of, run_chain
from synthgen.index import Index
from synthgen.recipe import Recipe
from synthgen.sample import Failed, Job, Made, Sample, sample_id


class Draft(NamedTuple):
    """One job with what became of it, before anyone judged it."""

    id: str
    job: Job
    parents: tuple[Sample, ...]
    outcome: Outcome
    prompt_sha256: tuple[str, ...]
    code_version: str = __version__


def identify(recipe: Recipe, jobs: Sequence[Job], models: Models) -> list[str]:
    """The ids of what these jobs make."""
    marks = {i: marks_of(recipe, i, models) for i in {job.entry for job in jobs}}
    shaped = recipe.source.reader, recipe.reader.shaping()
    identity = {i: [recipe.generate[i].key, *shaped] for i in marks}
    return [sample_id(identity[job.entry], *marks[job.entry], job) for job in jobs]


def marks_of(recipe: Recipe, entry: int, models: Models) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Model and prompt hashes of an entry's generators."""
    generators = recipe.generate[entry].generators
    held = [models[k].sha256 for g in generators if (k := key_of("generator", g)) in models]
    prompts = [p.sha256 for g in generators for _, p in sorted(g.prompts(["*"]).items())]
    return tuple(dict.fromkeys(held)), tuple(dict.fromkeys(prompts))


def generate(
    recipe: Recipe, index: Index, jobs: Sequence[Job], ids: Sequence[str], models: Models,
    known: Mapping[str, Mapping[str, Any]] | None = None, answers: Answers | None = None,
) -> list[Draft]:  # fmt: skip
    """Drafts in the order of the jobs, which have these ids.

    `known` are rows of an earlier version, by id, that need not be made again; `answers` what remote models said.
    """
    parents = [tuple(index.sample(index.by_id[p]) for p in job.parents) for job in jobs]
    outcomes: dict[int, Outcome] = {}
    versions = [__version__] * len(jobs)
    todo: dict[int, list[int]] = {}
    for at, (sample, job) in enumerate(zip(ids, jobs, strict=True)):
        if known and (row := known.get(sample)) and row.get("payload") is not None:
            outcomes[at] = _again(recipe, row)
            versions[at] = row["code_version"]
        else:
            todo.setdefault(job.entry, []).append(at)
    for entry, places in todo.items():
        fresh = run_chain(
            recipe.generate[entry], [jobs[i] for i in places], [parents[i] for i in places], models, answers
        )
        outcomes.update(zip(places, fresh, strict=True))
    marks = {entry: marks_of(recipe, entry, models) for entry in {job.entry for job in jobs}}
    return [
        Draft(
            ids[i],
            job,
            parents[i],
            _checked(recipe, job, outcomes[i]),
            marks[job.entry][1],
            versions[i],
        )
        for i, job in enumerate(jobs)
    ]


def _again(recipe: Recipe, row: Mapping[str, Any]) -> Outcome:
    import json

    weights = json.loads(row["label_weights"]) if row["label_weights"] else None
    made = Made(recipe.modality.decode(row["payload"]), weights, json.loads(row["annotations"] or "{}"))
    taken = tuple(row["generator"].split("+"))
    settings, draws = (tuple(json.loads(row[column])) for column in ("settings", "draw"))
    return Outcome(made, taken, settings, draws, tuple(row["model_sha256"]), tuple(row["answers"] or ()))


def _checked(recipe: Recipe, job: Job, outcome: Outcome) -> Outcome:
    """A payload that its modality does not accept, or a soft label that is another class's, is a failure of the
    generator, with the reason."""
    if isinstance(outcome.made, Failed):
        return outcome
    try:
        recipe.modality.check(outcome.made.payload)
    except ValueError as error:
        return outcome._replace(made=Failed(f"made no usable {recipe.modality.name}: {error}"))
    weights = outcome.made.weights
    if weights is not None and abs(sum(weights.values()) - 1) > 1e-6:
        return outcome._replace(made=Failed(f"made soft labels that do not sum to 1: {dict(weights)}"))
    if weights is not None and weights.get(job.label, 0) < max(weights.values()):
        return outcome._replace(
            made=Failed(f"made soft labels of another class than {job.label!r}: {dict(weights)}")
        )
    return outcome
