"""The stages in order: one composition, whoever executes it."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from synthgen import staging
from synthgen.chain import Fitted, key_of
from synthgen.dataset import Dataset, DatasetVersion
from synthgen.errors import RecipeError
from synthgen.generator import Progress
from synthgen.index import Index
from synthgen.recipe import Recipe
from synthgen.registry import near
from synthgen.rows import CANDIDATE
from synthgen.sample import Candidate, Job, Made
from synthgen.seeds import folder_sha256, hash_of
from synthgen.stages.filter import filter_
from synthgen.stages.fit import Training, fit, fitted, trainings
from synthgen.stages.generate import generate, identify
from synthgen.stages.plan import START, Plan, Progressed, plan
from synthgen.stages.publish import publish
from synthgen.stages.read import read
from synthgen.stages.record import record
from synthgen.stages.select import Candidates, Selection, select
from synthgen.stages.stage import stage

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

log = logging.getLogger(__name__)
T = TypeVar("T")
MOST_REQUESTED = 100_000
MOST_REAL = 2000


class Executor(Protocol):
    """Runs stage calls: here and now, or as tasks of a flow."""

    def call(self, name: str, function: Callable[..., T], *args: Any) -> T:
        """Run one stage."""

    def map(self, name: str, function: Callable[[int], T], labels: Sequence[str]) -> list[T]:
        """Run function(0), function(1), ... for each label, in any order; answers in the order of the labels."""

    def progress(self, name: str) -> AbstractContextManager[Progress]:
        """Where a long stage tells how far it is."""


class InProcess:
    """Everything in the calling thread, one after the other."""

    def __init__(self, progress: Callable[[str], AbstractContextManager[Progress]] | None = None) -> None:
        self._progress = progress

    def call(self, name: str, function: Callable[..., T], *args: Any) -> T:
        return function(*args)

    def map(self, name: str, function: Callable[[int], T], labels: Sequence[str]) -> list[T]:
        with self.progress(name) as progress:
            answers = []
            for i, label in enumerate(labels):
                answers.append(function(i))
                progress(i + 1, len(labels), label)
            return answers

    def progress(self, name: str) -> AbstractContextManager[Progress]:
        return self._progress(name) if self._progress else nullcontext(lambda done, total, seen: None)


class Published(NamedTuple):
    """The version of a run, and whether this run made it or found it there."""

    version: DatasetVersion
    new: bool


@dataclass(frozen=True)
class Shard:
    """Jobs of one entry that are made and judged together, and the key under which they are staged."""

    jobs: tuple[Job, ...]
    ids: tuple[str, ...]
    key: str


@dataclass
class _Run:
    recipe: Recipe
    index: Index
    dataset: Dataset
    executor: Executor
    identity: str
    extra: dict[str, int]
    base: DatasetVersion | None
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    models: dict[str, Fitted] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    plans: list[Plan] = field(default_factory=list)
    rounds: list[list[Shard]] = field(default_factory=list)

    @property
    def run_key(self) -> str:
        return hash_of(self.identity, self.extra, self.base.digest if self.base else None)

    @property
    def shards(self) -> list[Shard]:
        return [shard for each in self.rounds for shard in each]

    def path(self, shard: Shard) -> Path:
        return staging.shard_path(self.dataset.place, shard.key)


def run(
    recipe: Recipe, executor: Executor | None = None, *, request: Mapping[str, int] | None = None,
    fresh: bool = False,
) -> Published:  # fmt: skip
    """Make, judge and publish the dataset that a recipe describes.

    Nothing is made if the newest version is already that. A `request` (samples a class, on top of everything) adds to
    the newest version; what was requested once is part of later runs too, unless `fresh`.
    """
    executor = executor or InProcess()
    index = executor.call("read the source", partial(_read, recipe, executor))
    dataset = Dataset(recipe.place)
    newest = dataset.open() if dataset.versions else None
    extra = {} if fresh or newest is None else dict(newest.record["extra"])
    if request is not None:
        _check_request(index, request)
        extra = dict(Counter(extra) + Counter(request))
    identity = _identity(recipe, index)
    base = newest if request is not None else None
    state = _Run(recipe, index, dataset, executor, identity, extra, base)
    if newest is not None and (newest.record["identity"], newest.record["extra"]) == (identity, extra):
        log.info("%s is the dataset that the recipe describes: nothing to do", newest.tag)
        return Published(newest, new=False)
    if (found := dataset.find_run(state.run_key)) is not None:
        return Published(found, new=False)
    return Published(_make_version(state, list(request) if request and base else None), new=True)


def _read(recipe: Recipe, executor: Executor) -> Index:
    with executor.progress("read") as progress:
        return read(recipe, progress=progress)


def _check_request(index: Index, request: Mapping[str, int]) -> None:
    for label, count in request.items():
        if label not in index.by_label:
            raise RecipeError(f"the source has no class {label!r}.{near(label, index.labels)}")
        if not 1 <= count <= MOST_REQUESTED:
            raise RecipeError(
                f"{count} samples of {label!r} cannot be requested: ask for 1 to {MOST_REQUESTED:,}."
            )


def _identity(recipe: Recipe, index: Index) -> str:
    generators = [g for entry in recipe.generate for g in entry.generators]
    given = [folder_sha256(folder) for g in generators if (folder := g.given_model()) is not None]
    return hash_of(recipe.key, index.digest, given)


def _make_version(state: _Run, only: list[str] | None) -> DatasetVersion:
    recipe, executor = state.recipe, state.executor
    real = executor.call("look at the real samples", partial(_real, state))
    selection = Selection({}, {}, {})
    before = done = _before(state.base)
    while done.round <= recipe.max_rounds:
        again = partial(plan, recipe, state.index, extra=state.extra, done=done, only=only)
        one = executor.call(f"plan round {done.round}", again)
        if done.round == 1 or one.jobs:
            state.plans.append(one)
        if not one.jobs:
            break
        _fit(state, one)
        state.rounds.append(_make_shards(state, one.jobs))
        room = {c: n - len(state.index.by_label[c]) - before.kept.get(c, 0) for c, n in one.wanted.items()}
        selection = executor.call(f"select after round {done.round}", partial(_select, state, room, real))
        done = _after(state, before, selection)
    record_of_run = executor.call("test the filters", partial(_record, state, selection))
    return executor.call("publish", partial(_publish, state, record_of_run, selection))


def _before(base: DatasetVersion | None) -> Progressed:
    if base is None:
        return START
    kept: Counter[str] = Counter()
    next_index: dict[tuple[str, str], int] = {}
    for row in base.rows(["label", "decision", "entry", "index"]):
        kept[row["label"]] += row["decision"] == "kept"
        at = row["entry"], row["label"]
        next_index[at] = max(next_index.get(at, 0), row["index"] + 1)
    return Progressed(dict(kept), next_index, {})


def _after(state: _Run, before: Progressed, selection: Selection) -> Progressed:
    kept, planned, next_index = Counter[str](), Counter[str](), dict(before.next_index)
    for shard in state.shards:
        for sample, job in zip(shard.ids, shard.jobs, strict=True):
            planned[job.label] += 1
            kept[job.label] += selection.decisions.get(sample) == "kept"
            at = state.recipe.generate[job.entry].key, job.label
            next_index[at] = max(next_index.get(at, 0), job.index + 1)
    passed = {label: kept[label] / n for label, n in planned.items()}
    return Progressed(dict(kept + Counter(before.kept)), next_index, passed, len(state.rounds) + 1)


def _fit(state: _Run, one_plan: Plan) -> None:
    models = state.dataset.place / "models"
    todo = trainings(state.recipe, state.index, {job.entry for job in one_plan.jobs}, models)
    todo = [t for t in todo if key_of(t.kind, t.plugin) not in state.models]

    def one(i: int) -> dict[str, Any]:
        with state.executor.progress(f"train {todo[i].name}") as progress:
            return fit(state.recipe, state.index, todo[i], models, progress)

    labels = [_training_label(t) for t in todo]
    for training, facts in zip(todo, state.executor.map("train", one, labels) if todo else (), strict=True):
        held = fitted(state.recipe, training, facts, models)
        state.models[key_of(training.kind, training.plugin)] = held
        state.facts[key_of(training.kind, training.plugin)] = facts | {"sha256": held.sha256}


def _training_label(training: Training) -> str:
    if training.found:
        return f"find {training.name}"
    estimate = f", about {training.seconds:.0f} s on one core" if training.seconds else ""
    return f"train {training.name}{estimate}"


def _make_shards(state: _Run, jobs: Sequence[Job]) -> list[Shard]:
    by_entry: dict[int, list[Job]] = {}
    for job in jobs:
        by_entry.setdefault(job.entry, []).append(job)
    size = state.recipe.shard
    shards = [
        _shard(state, tuple(each[i : i + size]))
        for each in by_entry.values()
        for i in range(0, len(each), size)
    ]
    labels = [
        f"shard {i + 1} of {len(shards)}: {len(s.jobs)} by {state.recipe.generate[s.jobs[0].entry].name}"
        for i, s in enumerate(shards)
    ]
    state.executor.map("make and judge", lambda i: make_shard(state, shards[i]), labels)
    return shards


def _shard(state: _Run, jobs: tuple[Job, ...]) -> Shard:
    ids = tuple(identify(state.recipe, jobs, state.models))
    judges = [
        (name, one.identity(), state.models.get(key_of("filter", one))) for name, one in state.recipe.filters
    ]
    return Shard(jobs, ids, hash_of(ids, [(name, i, held and held.sha256) for name, i, held in judges])[:32])


def make_shard(state: _Run, shard: Shard) -> int:
    """Make, judge and stage one shard unless it is staged already; returns how many samples were made anew."""
    if state.path(shard).exists():
        log.info("shard %s was staged before", shard.key[:8])
        return 0
    recipe = state.recipe
    known = state.dataset.rows_by_id(shard.ids) if state.dataset.exists else {}
    drafts = generate(recipe, state.index, shard.jobs, state.models, known)
    made = [d for d in drafts if isinstance(d.outcome.made, Made)]
    sees_parents = any(one.sees_parents for _, one in recipe.filters)
    verdicts = filter_(recipe, [_candidate(d, sees_parents) for d in made], state.models)
    staging.write_shard(
        state.dataset.place, shard.key, stage(recipe, drafts, verdicts, state.run_id, shard.key)
    )
    return len(drafts) - len(known)


def _candidate(draft: Any, sees_parents: bool) -> Candidate:
    made = draft.outcome.made
    parents = tuple(p.payload for p in draft.parents) if sees_parents else ()
    return Candidate(made.payload, draft.job.label, made.weights, made.annotations, parents)


def _real(state: _Run) -> dict[str, np.ndarray]:
    """Embeddings of real train samples a class, at most MOST_REAL each."""
    import numpy as np

    found = {}
    for label, items in state.index.by_label.items():
        payloads = [state.index.payload(item) for item in items[:MOST_REAL]]
        found[label] = np.asarray(state.recipe.modality.embed(payloads), np.float16)
    return found


def _select(state: _Run, room: Mapping[str, int], real: Mapping[str, np.ndarray]) -> Selection:
    import numpy as np
    import pyarrow.compute as pc

    those: dict[str, list[tuple[str, str, np.ndarray]]] = {}
    for shard in state.shards:
        table = staging.read_shard(
            state.path(shard), ["id", "label", "decision", "embedding", "content_sha256"]
        )
        passed = table.filter(pc.equal(table["decision"], CANDIDATE))
        flat = pc.list_flatten(passed["embedding"]).to_numpy()
        vectors = flat.reshape(len(passed), -1) if len(passed) else flat
        columns = (passed[c].to_pylist() for c in ("label", "id", "content_sha256"))
        for label, sample, content, vector in zip(*columns, vectors, strict=True):
            those.setdefault(label, []).append((sample, content, vector))
    candidates = {}
    for label, some in those.items():
        some.sort(key=lambda one: one[0])
        ids, contents, vectors = zip(*some, strict=True)
        candidates[label] = Candidates(ids, np.stack(vectors), contents)
    return select(candidates, room, real)


def _record(state: _Run, selection: Selection) -> dict[str, Any]:
    from synthgen.stages.selftest import selftest

    table = selftest(state.recipe, state.index, state.models) if state.rounds and state.recipe.filters else None
    return record(
        state.recipe, state.index, identity=state.identity, run_key=state.run_key, extra=state.extra,
        base=state.base, plans=state.plans, rounds=[[state.path(s) for s in each] for each in state.rounds],
        selection=selection, facts=state.facts, selftest=table,
    )  # fmt: skip


def _publish(state: _Run, record_of_run: dict[str, Any], selection: Selection) -> DatasetVersion:
    for source in {p for shard in state.shards for job in shard.jobs for p in job.parents}:
        item = state.index.by_id[source]
        state.dataset.keep_source(item.sha256, state.index.raw(item))
    return publish(
        state.dataset, record_of_run, [state.path(s) for s in state.shards], selection.decisions, state.base,
        state.recipe.publish.keep_rejected,
    )  # fmt: skip
