"""One run of a recipe: models had ready, shards made and judged round by round, the best selected, all written down."""

from __future__ import annotations

import hashlib
import logging
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from synthgen import __version__, staging, variety
from synthgen.chain import Fitted, key_of
from synthgen.dataset import Dataset, DatasetVersion, equals
from synthgen.generator import Progress
from synthgen.index import Index
from synthgen.recipe import Recipe
from synthgen.rows import CANDIDATE
from synthgen.sample import Candidate, Job, Made
from synthgen.seeds import hash_of
from synthgen.stages.filter import filter_
from synthgen.stages.fit import Training, fit, fitted, trainings
from synthgen.stages.generate import Draft, generate, identify
from synthgen.stages.plan import START, Plan, Progressed
from synthgen.stages.publish import publish
from synthgen.stages.record import record
from synthgen.stages.select import Candidates, Selection, select
from synthgen.stages.selftest import selftest
from synthgen.stages.stage import stage

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)
T = TypeVar("T")
MOST_REAL = 2000
"""Real samples a class that selection compares with."""
MOST_MEASURED = 2000
"""Jobs of an entry and class that are embedded for the diversity score though there is nothing to choose from."""


class Executor(Protocol):
    """Runs stage calls: here and now, or as tasks of a flow."""

    def call(self, name: str, function: Callable[..., T], *args: Any) -> T:
        """Run one stage."""

    def map(self, name: str, function: Callable[[int], T], labels: Sequence[str]) -> list[T]:
        """Run function(0), function(1), ... for each label, in any order; answers in the order of the labels."""

    def progress(self, name: str) -> AbstractContextManager[Progress]:
        """Where a long stage tells how far it is."""


@dataclass(frozen=True)
class Shard:
    """Jobs of one entry that are made and judged together, and the key under which they are staged."""

    jobs: tuple[Job, ...]
    ids: tuple[str, ...]
    key: str


@dataclass
class Run:
    """What a run works on and what it has done so far. `base` is the version that a request adds to."""

    recipe: Recipe
    index: Index
    dataset: Dataset
    executor: Executor
    identity: str
    extra: dict[str, int]
    base: DatasetVersion | None
    began: float = field(default_factory=time.time)
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex)
    models: dict[str, Fitted] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    plans: list[Plan] = field(default_factory=list)
    rounds: list[list[Shard]] = field(default_factory=list)

    @property
    def key(self) -> str:
        """What this run would publish: a version of this key is never published twice."""
        return hash_of(self.identity, self.extra, self.base.digest if self.base else None)

    @property
    def staged(self) -> list[list[Path]]:
        """Where each round's shards wait."""
        return [[staging.shard_path(self.dataset.place, s.key) for s in shards] for shards in self.rounds]

    def before(self) -> Progressed:
        """Where the version that is added to left off."""
        if self.base is None:
            return START
        kept: Counter[str] = Counter()
        next_index: dict[tuple[str, str], int] = {}
        for row in self.base.rows(["label", "decision", "entry", "index"]):
            kept[row["label"]] += row["decision"] == "kept"
            at = row["entry"], row["label"]
            next_index[at] = max(next_index.get(at, 0), row["index"] + 1)
        return Progressed(dict(kept), next_index, {})

    def after(self, before: Progressed, selection: Selection) -> Progressed:
        """Where the next round goes on."""
        kept, planned, next_index = Counter[str](), Counter[str](), dict(before.next_index)
        for sample, job in self._made():
            planned[job.label] += 1
            kept[job.label] += selection.decisions.get(sample) == "kept"
            at = self.recipe.generate[job.entry].key, job.label
            next_index[at] = max(next_index.get(at, 0), job.index + 1)
        passed = {label: kept[label] / n for label, n in planned.items()}
        return Progressed(dict(kept + Counter(before.kept)), next_index, passed, len(self.rounds) + 1)

    def _made(self) -> Iterator[tuple[str, Job]]:
        for shard in (shard for shards in self.rounds for shard in shards):
            yield from zip(shard.ids, shard.jobs, strict=True)

    def have_models(self, plan: Plan) -> None:
        """Train or find what the plan's jobs and the filters need; what is ready already stays."""
        folder = self.dataset.place / "models"
        todo = trainings(self.recipe, self.index, {job.entry for job in plan.jobs}, folder)
        todo = [t for t in todo if key_of(t.kind, t.plugin) not in self.models]

        def one(i: int) -> dict[str, Any]:
            with self.executor.progress(f"train {todo[i].name}") as progress:
                return fit(self.recipe, self.index, todo[i], folder, progress)

        answers = self.executor.map("train", one, [_says(t) for t in todo]) if todo else []
        for training, facts in zip(todo, answers, strict=True):
            key = key_of(training.kind, training.plugin)
            self.models[key] = fitted(self.recipe, training, facts, folder)
            self.facts[key] = facts | {"sha256": self.models[key].sha256}

    def make(self, jobs: Sequence[Job]) -> None:
        """Make, judge and stage the jobs of a round, a shard at a time; a shard has jobs of one entry."""
        by_entry: dict[int, list[Job]] = {}
        for job in jobs:
            by_entry.setdefault(job.entry, []).append(job)
        size = self.recipe.shard
        parts = [each[i : i + size] for each in by_entry.values() for i in range(0, len(each), size)]
        shards = [self._shard(tuple(part)) for part in parts]
        names = [self.recipe.generate[shard.jobs[0].entry].name for shard in shards]
        sizes = [len(part) for part in parts]
        labels = [f"shard {i} of {len(parts)}: {sizes[i - 1]} by {name}" for i, name in enumerate(names, 1)]
        self.executor.map("make and judge", lambda i: self.make_shard(shards[i]), labels)
        self.rounds.append(shards)

    def _shard(self, jobs: tuple[Job, ...]) -> Shard:
        ids = tuple(identify(self.recipe, jobs, self.models))
        judges = [
            (name, one.identity(), self.models.get(key_of("filter", one)))
            for name, one in self.recipe.filters
        ]
        said = [(name, identity, held and held.sha256) for name, identity, held in judges]
        return Shard(jobs, ids, hash_of(ids, said, self.recipe.key, __version__)[:32])

    def make_shard(self, shard: Shard) -> int:
        """Make, judge and stage one shard unless it is staged already; how many samples had to be made."""
        if staging.shard_path(self.dataset.place, shard.key).exists():
            log.info("shard %s was staged before", shard.key[:8])
            return 0
        recipe = self.recipe
        known = self.dataset.rows_by_id(shard.ids) if self.dataset.exists else {}
        drafts = generate(recipe, self.index, shard.jobs, shard.ids, self.models, known, self.dataset.answers)
        candidates = [_candidate(d, d.outcome.made) for d in drafts if isinstance(d.outcome.made, Made)]
        verdicts = filter_(recipe, candidates, self.models)
        embed = recipe.oversample > 1 or any(job.index < MOST_MEASURED for job in shard.jobs)
        table = stage(recipe, drafts, verdicts, self.run_id, shard.key, embed=embed)
        staging.write_shard(self.dataset.place, shard.key, table)
        return len(drafts) - len(known)

    def real_embeddings(self) -> dict[str, np.ndarray]:
        """Embeddings of the real train samples of each short class, at most MOST_REAL."""
        import numpy as np

        found = {}
        for label in {job.label for _, job in self._made()}:
            payloads = [self.index.payload(item) for item in self.index.by_label[label][:MOST_REAL]]
            found[label] = np.asarray(self.recipe.modality.embed(payloads), np.float16)
        return found

    @cached_property
    def held(self) -> dict[str, Candidates]:
        """What the version that is added to has kept of the classes at hand."""
        import numpy as np

        held: dict[str, Candidates] = {}
        if self.base is None:
            return held
        modality = self.recipe.modality
        for label in {job.label for _, job in self._made()}:
            ids, contents, vectors = [], [], []
            for row in self.base.rows(["id", "payload"], f"{equals('label', label)} AND decision = 'kept'"):
                payload = modality.decode(row["payload"])
                ids.append(row["id"])
                contents.append(hashlib.sha256(modality.content(payload)).hexdigest())
                vectors.append(modality.embed([payload]))
            if ids:
                held[label] = Candidates(tuple(ids), np.concatenate(vectors), tuple(contents))
        return held

    def select(self, room: Mapping[str, int]) -> Selection:
        """Decide on everything that passed so far."""
        import numpy as np
        import pyarrow.compute as pc

        those: dict[str, list[tuple[str, str, np.ndarray | None]]] = {}
        for path in (path for paths in self.staged for path in paths):
            table = staging.read_shard(path, ["id", "label", "decision", "embedding", "content_sha256"])
            passed = table.filter(pc.equal(table["decision"], CANDIDATE))
            columns = (passed[c].to_pylist() for c in ("label", "id", "content_sha256"))
            for label, sample, content, vector in zip(*columns, _vectors(passed["embedding"]), strict=True):
                those.setdefault(label, []).append((sample, content, vector))
        candidates = {}
        for label, some in those.items():
            some.sort(key=lambda one: (one[2] is None, one[0]))
            seen = [vector for _, _, vector in some if vector is not None]
            embeddings = np.stack(seen) if seen else np.empty((0, 1), np.float16)
            candidates[label] = Candidates(tuple(s[0] for s in some), embeddings, tuple(s[1] for s in some))
        return select(candidates, room, self.real_embeddings(), self.held)

    def _kept(self, selection: Selection) -> dict[str, list[str]]:
        kept: dict[str, list[str]] = {}
        for sample, job in self._made():
            if selection.decisions.get(sample) == "kept":
                kept.setdefault(job.label, []).append(sample)
        return kept

    def record(self, selection: Selection) -> dict[str, Any]:
        """What the version says about itself, with a small test of the filters on planted faults."""
        counted = variety.counted(self.recipe.modality, self.index, self._kept(selection), self.staged)
        selection = replace(selection, diversity=variety.joined(selection.diversity, counted))
        judge = partial(filter_, self.recipe, models=self.models)
        table = selftest(self.recipe, self.index, judge) if self.rounds and self.recipe.filters else None
        return record(
            self.recipe, self.index, identity=self.identity, run_key=self.key, extra=self.extra, base=self.base,
            plans=self.plans, rounds=self.staged, selection=selection, facts=self.facts, selftest=table,
            answers=self.dataset.answers,
        )  # fmt: skip

    def publish(self, said: Mapping[str, Any], selection: Selection) -> DatasetVersion:
        """The new version; the real items that its samples descend from are kept beside it, and staging is cleared."""
        for source in {p for _, job in self._made() for p in job.parents}:
            item = self.index.by_id[source]
            self.dataset.keep_source(item.sha256, self.index.raw(item))
        paths = [path for paths in self.staged for path in paths]
        keep = self.recipe.publish.keep_rejected
        version = publish(self.dataset, said, paths, selection.decisions, self.base, keep, selection.reasons)
        staging.clear(self.dataset.place, paths, before=self.began)
        return version


def _says(training: Training) -> str:
    if training.found:
        return f"find {training.name}"
    estimate = f", about {training.seconds:.0f} s on one core" if training.seconds else ""
    return f"train {training.name}{estimate}"


def _candidate(draft: Draft, made: Made) -> Candidate:
    return Candidate(made.payload, draft.job.label, made.weights, made.annotations, draft.parents)


def _vectors(column: Any) -> Iterable[Any]:
    """Embeddings as rows of one array, or a None for each row of a shard that was not embedded."""
    import pyarrow.compute as pc

    flat = pc.list_flatten(column).to_numpy()
    return flat.reshape(len(column), -1) if len(flat) else [None] * len(column)
