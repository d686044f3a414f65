"""Draw and make samples through the steps of a `[[generate]]` entry: shared by generating, replaying and `apply`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from synthgen.answers import Answers
from synthgen.contract import Bounds, divide, intersection
from synthgen.device import one_thread
from synthgen.errors import BalanceError
from synthgen.generator import Generator
from synthgen.recipe_parts import GenerateEntry, Step, plugin_name
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work
from synthgen.seeds import hash_of, numpy_rng

BOUND_SLACK = 1e-6
_LOADED: dict[str, Held] = {}
_LOADING = threading.Lock()
_MOST_LOADED = 12


@dataclass(frozen=True, slots=True)
class Held:
    """A loaded model and the lock that its users take: networks and schedulers have state."""

    model: Any
    lock: threading.Lock


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model of a generator or filter: its hash (weights and what of the machine changes floats), how to load it."""

    sha256: str
    load: Callable[[], Any]

    def held(self) -> Held:
        """The model, loaded once a process; the calling thread gets ready to run it."""
        one_thread()
        with _LOADING:
            if self.sha256 not in _LOADED:
                while len(_LOADED) >= _MOST_LOADED:
                    _LOADED.pop(next(iter(_LOADED)))
                _LOADED[self.sha256] = Held(self.load(), threading.Lock())
            return _LOADED[self.sha256]


Models = Mapping[str, Fitted]
"""Models by the key of the generator or filter that uses them (`key_of`)."""


def key_of(kind: str, plugin: Any) -> str:
    """The key of a generator's or filter's model."""
    return hash_of(kind, type(plugin).__module__, plugin.model_dump(mode="json"))


class Outcome(NamedTuple):
    """What became of one job, with all that lineage needs. The tuples hold one value a step taken; `answers` the keys
    of the raw answers that it started from."""

    made: Made | Failed
    generators: tuple[str, ...]
    settings: tuple[dict[str, Any], ...]
    draws: tuple[Draw, ...]
    models: tuple[str | None, ...]
    answers: tuple[str, ...] = ()


def make_again(
    steps: Sequence[tuple[Generator, Draw]], job: Job, parents: tuple[Sample, ...], models: Models,
    answers: Answers | None = None,
) -> Made | Failed:  # fmt: skip
    """What the stored draws of one sample make, alone, from the stored answers."""
    one = _Underway(job, parents, [])
    for generator, draw in steps:
        if not isinstance(one.made, Failed):
            _make(generator, [(one, draw)], models, answers or Answers())
    return _made(one)


@dataclass(slots=True)
class _Underway:
    job: Job
    parents: tuple[Sample, ...]
    parts: list[Bounds]
    made: Made | Failed | None = None
    generators: tuple[str, ...] = ()
    settings: tuple[dict[str, Any], ...] = ()
    draws: tuple[Draw, ...] = ()
    models: tuple[str | None, ...] = ()
    answers: tuple[str, ...] = ()


def run_chain(
    entry: GenerateEntry, jobs: Sequence[Job], parents: Sequence[tuple[Sample, ...]], models: Models,
    answers: Answers | None = None,
) -> list[Outcome]:  # fmt: skip
    """One outcome a job, in order. Every step draws from a generator keyed by the job alone, and its draw is checked
    against the job's bounds before anything is made. Remote models are asked for what `answers` lack."""
    answers = Answers() if answers is None else answers
    effects = [step.effects for step in entry.steps]
    underway = [_Underway(job, p, _divided(job, effects)) for job, p in zip(jobs, parents, strict=True)]
    branches = len(entry.generators) > 1
    for place, step in enumerate(entry.steps):
        taken: dict[int, list[tuple[_Underway, Draw]]] = {}
        for one in underway:
            if isinstance(one.made, Failed):
                continue
            rng = numpy_rng(one.job.seed, entry.key, one.job.parents, one.job.label, one.job.index, place)
            if (choice := _choose(step, one.parts[place], rng)) is None:
                continue
            generator = step.generators[choice]
            job = replace(one.job, bounds=_own(generator, one.parts[place])) if branches else one.job
            draw = generator.draw(job, one.parents, rng)
            if (fault := _outside(generator, job, draw)) is not None:
                one.made = Failed(fault)
            else:
                taken.setdefault(choice, []).append((one, draw))
        for choice, group in taken.items():
            _make(step.generators[choice], group, models, answers)
    return [
        Outcome(_made(one), one.generators, one.settings, one.draws, one.models, one.answers)
        for one in underway
    ]


def _divided(job: Job, effects: Sequence[Any]) -> list[Bounds]:
    if len(effects) == 1:
        return [job.bounds]
    parts = divide(job.bounds, effects)
    if parts is None:
        raise BalanceError(
            f"the bounds {job.bounds} do not divide over the steps, though the plan let them pass"
        )
    return parts


def _choose(step: Step, bounds: Bounds, rng: Any) -> int | None:
    """Which alternative of a step is taken, or None; one that must apply a switch is always taken."""
    if step.p == 1 and len(step.generators) == 1:
        return 0
    switches = {e.name for e in step.effects if e.switch}
    musts = {name for name, b in bounds.items() if b == (1.0, 1.0)} & switches
    if step.p < 1 and rng.random() >= step.p and not musts:
        return None
    own = [_own(generator, bounds) for generator in step.generators]
    able = [i for i, b in enumerate(own) if musts <= set(b) and all(low <= high for low, high in b.values())]
    if not able:
        return None
    return able[0] if len(able) == 1 else able[int(rng.integers(len(able)))]


def _own(generator: Generator, bounds: Bounds) -> Bounds:
    """The part of a step's bounds that one of its alternatives can reach."""
    return {e.name: intersection(bounds[e.name], (e.low, e.high)) for e in generator.effects()}


def _outside(generator: Generator, job: Job, draw: Draw) -> str | None:
    if not job.bounds:
        return None
    applied = generator.applied(draw)
    for name, (low, high) in job.bounds.items():
        value = applied.get(name)
        if value is None:
            return f"{plugin_name(generator)} does not say how far its draw goes in {name}"
        if not low - BOUND_SLACK <= value <= high + BOUND_SLACK:
            return f"{plugin_name(generator)} drew {name} = {value:g}, outside the contract's {low:g} to {high:g}"
    return None


def _make(
    generator: Generator, group: list[tuple[_Underway, Draw]], models: Models, answers: Answers
) -> None:
    batch = [Work(one.job, one.parents, draw) for one, draw in group]
    fitted = models.get(key_of("generator", generator))
    held = fitted.held() if fitted else Held(None, threading.Lock())
    keys: list[str | None] = [None] * len(batch)
    if not generator.repeatable:
        batch, keys = answered(generator, batch, held.model, answers)
    able = [work for work in batch if not (work.answer and work.answer.fault)]
    with held.lock:
        made = generator.make(able, held.model) if able else []
    if len(made) != len(able):
        raise BalanceError(f"{plugin_name(generator)} gave {len(made)} answers for {len(able)} jobs")
    name, settings, rest = plugin_name(generator), generator.identity(), iter(made)
    for (one, draw), work, key in zip(group, batch, keys, strict=True):
        answer = Failed(work.answer.fault) if work.answer and work.answer.fault else next(rest)
        one.generators += (name,)
        one.settings += (settings,)
        one.draws += (draw,)
        one.models += (fitted.sha256 if fitted else None,)
        one.answers += (key,) if key else ()
        if isinstance(answer, Made) and answer.weights is None and isinstance(one.made, Made):
            answer = answer._replace(weights=one.made.weights)
        one.made = answer
        if isinstance(answer, Made):
            one.parents = (_between(one, answer),)


def answered(
    generator: Generator, batch: Sequence[Work], model: Any, answers: Answers
) -> tuple[list[Work], list[str | None]]:
    """A batch with the answers that it needs, asked for where they are not there yet, and their keys."""
    asked = [generator.asks(work, model) for work in batch]
    keys = [None if question is None else hash_of(question) for question in asked]
    by_key = {key: question for key, question in zip(keys, asked, strict=True) if key}
    with answers.asking:
        if missing := answers.unanswered(by_key):
            generator.ask({key: by_key[key] for key in missing}, answers)
    return [w._replace(answer=answers[k]) if k else w for w, k in zip(batch, keys, strict=True)], keys


def _between(one: _Underway, made: Made) -> Sample:
    """What the next step takes as its parent."""
    modality = one.parents[0].modality if one.parents else ""
    return Sample("", modality, one.job.label, lambda: made.payload, made.weights, made.annotations)


def _made(one: _Underway) -> Made | Failed:
    return one.made if one.made is not None else Failed("no step was taken")
