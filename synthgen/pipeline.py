"""The stages in order: one composition, whoever executes it."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, NamedTuple, TypeVar

from synthgen import durable
from synthgen.dataset import Dataset, DatasetVersion
from synthgen.errors import RecipeError
from synthgen.generator import Progress
from synthgen.index import Index
from synthgen.making import Executor, Run
from synthgen.recipe import Recipe
from synthgen.registry import near
from synthgen.seeds import folder_sha256, hash_of
from synthgen.stages.plan import Plan, check, plan
from synthgen.stages.read import read
from synthgen.stages.select import Selection

log = logging.getLogger(__name__)
T = TypeVar("T")
MOST_REQUESTED = 100_000


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


def run(
    recipe: Recipe, executor: Executor | None = None, *, request: Mapping[str, int] | None = None,
    fresh: bool = False,
) -> Published:  # fmt: skip
    """Make, judge and publish the dataset that a recipe describes.

    Nothing is made if the newest version is already that. A `request` (samples a class, on top of everything) adds to
    the newest version if recipe and source are still those of that version, else all of the dataset is described anew,
    with what was requested. What was requested once is part of later runs too, unless `fresh`. Runs of one dataset
    wait for each other.
    """
    executor = executor or InProcess()
    index = executor.call("read the source", partial(_read, recipe, executor))
    if request is not None:
        _check_request(index, request)
    check(recipe, index)
    dataset = Dataset(recipe.place)
    dataset.prepare()
    with durable.locked(dataset.place / ".running"):
        return _run(recipe, index, dataset, executor, request, fresh)


def _run(
    recipe: Recipe,
    index: Index,
    dataset: Dataset,
    executor: Executor,
    request: Mapping[str, int] | None,
    fresh: bool,
) -> Published:
    newest = dataset.open() if dataset.versions else None
    extra = {} if fresh or newest is None else dict(newest.record["extra"])
    identity = _identity(recipe, index)
    if request is not None:
        extra = dict(Counter(extra) + Counter(request))
    elif newest is not None and (newest.record["identity"], newest.record["extra"]) == (identity, extra):
        log.info("%s is the dataset that the recipe describes: nothing to do", newest.tag)
        return Published(newest, new=False)
    same = newest is not None and newest.record["identity"] == identity
    one = Run(
        recipe, index, dataset, executor, identity, extra, newest if request is not None and same else None
    )
    if (found := dataset.find_run(one.key)) is not None:
        return Published(found, new=False)
    return Published(_rounds(one, list(request or ())), new=True)


def _rounds(one: Run, requested: list[str]) -> DatasetVersion:
    recipe, executor = one.recipe, one.executor
    only = requested if one.base else None
    selection = Selection({}, {}, {})
    before = done = one.before()
    while done.round <= recipe.max_rounds:
        what = f"plan round {done.round}"
        next_plan = executor.call(
            what, partial(plan, recipe, one.index, extra=one.extra, done=done, only=only)
        )
        if done.round == 1 or next_plan.jobs:
            one.plans.append(next_plan)
        if done.round == 1:
            _check_possible(next_plan, requested)
        if not next_plan.jobs:
            break
        one.have_models(next_plan)
        one.make(next_plan.jobs)
        room = {
            c: n - len(one.index.by_label[c]) - before.kept.get(c, 0) for c, n in next_plan.wanted.items()
        }
        selection = executor.call(f"select after round {done.round}", one.select, room)
        done = one.after(before, selection)
    said = executor.call("test the filters", one.record, selection)
    return executor.call("publish", one.publish, said, selection)


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


def _check_possible(first: Plan, requested: list[str]) -> None:
    for label in set(requested) - {job.label for job in first.jobs}:
        reasons = "; ".join(f"{r.generator}: {r.reason}" for r in first.refused if r.label == label)
        raise RecipeError(f"nothing can be made for {label!r}: {reasons}.")


def _identity(recipe: Recipe, index: Index) -> str:
    """Hash of all that decides what a run publishes."""
    users = [g for entry in recipe.generate for g in entry.generators] + [one for _, one in recipe.filters]
    given = [folder_sha256(folder) for user in users if (folder := user.given_model()) is not None]
    return hash_of(recipe.key, index.digest, given)
