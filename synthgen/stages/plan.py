"""What is to be made: jobs for each short class, from which parents, inside which bounds, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from synthgen.contract import Bounds, Refusal, Route, divide, intersection
from synthgen.errors import RecipeError
from synthgen.index import Index
from synthgen.reader import Item
from synthgen.recipe import Recipe
from synthgen.recipe_parts import GenerateEntry
from synthgen.registry import find, names, near
from synthgen.sample import Job
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, slots=True)
class Line:
    """The jobs of one generator entry for one class, and what the contract narrowed or relabels."""

    entry: int
    generator: str
    label: str
    jobs: int
    parents: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """A generator entry that makes nothing for a class, and why."""

    entry: int
    generator: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Jobs of one round. `have` counts real train plus kept synthetic, `wanted` the target."""

    jobs: tuple[Job, ...]
    lines: tuple[Line, ...]
    refused: tuple[Refused, ...]
    wanted: dict[str, int]
    have: dict[str, int]

    @property
    def missing(self) -> dict[str, int]:
        """Samples each short class lacks."""
        return {label: n - self.have[label] for label, n in self.wanted.items() if n > self.have[label]}


@dataclass(frozen=True, slots=True)
class Progressed:
    """What earlier rounds did: kept samples a class, the next job index, and the share of jobs that passed."""

    kept: Mapping[str, int]
    next_index: Mapping[tuple[str, str], int]
    passed_share: Mapping[str, float]
    round: int = 1


START = Progressed({}, {}, {})


def plan(
    recipe: Recipe, index: Index, *, extra: Mapping[str, int] | None = None, done: Progressed = START,
    only: Iterable[str] | None = None,
) -> Plan:  # fmt: skip
    """The jobs of the next round; loads no model.

    `extra` is wanted on top of the recipe's targets, or of what is there where that is more; `only` limits the
    classes. Jobs of a generator entry are numbered per class and never depend on other entries: an entry that did not
    change plans the same jobs again.
    """
    check(recipe, index)
    wanted = {c: _wanted(recipe, index, c, (extra or {}).get(c, 0)) for c in index.labels}
    have = {c: len(index.by_label[c]) + done.kept.get(c, 0) for c in index.labels}
    jobs: list[Job] = []
    lines: list[Line] = []
    refused: list[Refused] = []
    for label in index.labels if only is None else sorted(only):
        missing = wanted[label] - have[label]
        if missing <= 0:
            continue
        able: list[tuple[int, GenerateEntry, list[Route]]] = []
        for i, entry in enumerate(recipe.generate):
            answer = _routes(recipe, index, entry, label)
            if isinstance(answer, Refusal):
                refused.append(Refused(i, entry.name, label, answer.reason))
            else:
                able.append((i, entry, answer))
        counts = _divide(_how_many(recipe, missing, label, done), [entry.share for _, entry, _ in able])
        for (i, entry, routes), count in zip(able, counts, strict=True):
            start = done.next_index.get((entry.key, label), 0)
            jobs += _jobs(recipe, index, i, entry, label, routes, range(start, start + count), done.round)
            parents = sum(len(index.by_label[route.parent_label]) for route in routes) if entry.parents else 0
            notes = dict.fromkeys(chain.from_iterable(route.notes for route in routes))
            lines.append(Line(i, entry.name, label, count, parents, tuple(notes)))
    return Plan(tuple(jobs), tuple(lines), tuple(refused), wanted, have)


def check(recipe: Recipe, index: Index) -> None:
    """Raise RecipeError where the recipe names classes or effects that do not exist."""
    for label in recipe.targets.counts:
        if label not in index.by_label:
            raise RecipeError(
                f"[targets] names the class {label!r}, which the source does not hold.{near(label, index.labels)}"
            )
    known = {e.name: e for _, one in recipe.filters for e in one.heeds()}
    known |= {e.name: e for entry in recipe.generate for e in entry.effects()}
    if any(set(rules) - set(known) for rules in (recipe.contract.every, *recipe.contract.label.values())):
        modality = recipe.reader.modality
        every = (find("generators", n) for n in names("generators") if n.startswith(f"{modality}/"))
        known = {e.name: e for cls in every for e in cls().effects()} | known
    recipe.contract.check(known, index.labels)
    for generator in (g for entry in recipe.generate for g in entry.generators):
        generator.prompts(index.labels)


def _wanted(recipe: Recipe, index: Index, label: str, extra: int) -> int:
    target = recipe.targets.wanted(label)
    return max(target, len(index.by_label[label])) + extra if extra else target


def _routes(recipe: Recipe, index: Index, entry: GenerateEntry, label: str) -> list[Route] | Refusal:
    carried = frozenset.intersection(*(g.carries for g in entry.generators))
    if unknown := sorted({key for item in index.items["train"] for key in item.annotations} - carried):
        return Refusal(f"it does not carry {', '.join(unknown)} along, which the source has")
    if entry.mixes and len(index.labels) < 2:
        return Refusal("it mixes two classes, but the source has one")
    if entry.parents == 2 and len(index.items["train"]) < 2:
        return Refusal("it takes two parents, but the source has one")
    if entry.draws_partners_alike and len(index.by_label[label]) < 2:
        return Refusal("it takes two of one class, but this class has one")
    routes = recipe.contract.routes(entry.effects(), label, index.labels)
    if isinstance(routes, Refusal):
        return routes
    # What takes no parent needs no other class's, and a mixture has weights of its own classes.
    if entry.parents == 0 or entry.mixes:
        routes = [route for route in routes if route.parent_label == label][:1]
    steps = [step.effects for step in entry.steps]
    fitting = [route for route in routes if divide(route.bounds, steps) is not None]
    if entry.mixes and fitting and not _partners(recipe, index, entry, fitting[0]):
        return Refusal("the contract lets it mix this class with no other")
    return fitting or Refusal("its steps together leave no room inside the contract's bounds")


def _partners(recipe: Recipe, index: Index, entry: GenerateEntry, route: Route) -> dict[str, Bounds]:
    """The classes that may be mixed in, each with the bounds that both classes tolerate."""
    partners: dict[str, Bounds] = {}
    steps = [step.effects for step in entry.steps]
    for label in index.labels:
        answer = recipe.contract.routes(entry.effects(), label, ())
        if label == route.parent_label or isinstance(answer, Refusal):
            continue
        both = {name: intersection(b, answer[0].bounds[name]) for name, b in route.bounds.items()}
        if all(low <= high for low, high in both.values()) and divide(both, steps) is not None:
            partners[label] = both
    return partners


def _how_many(recipe: Recipe, missing: int, label: str, done: Progressed) -> int:
    if done.round == 1:
        return math.ceil(missing * recipe.oversample)
    return math.ceil(missing / max(done.passed_share.get(label, 1.0), 0.1) * recipe.oversample)


def _divide(total: int, shares: list[float]) -> list[int]:
    """Largest remainders; every share gets at least its floor."""
    exact = [total * share / sum(shares) for share in shares] if shares else []
    counts = [math.floor(x) for x in exact]
    by_rest = sorted(range(len(exact)), key=lambda i: (counts[i] - exact[i], i))
    for i in by_rest[: total - sum(counts)] if exact else ():
        counts[i] += 1
    return counts


def _jobs(
    recipe: Recipe, index: Index, place: int, entry: GenerateEntry, label: str, routes: list[Route],
    indices: range, round_: int,
) -> Iterable[Job]:  # fmt: skip
    """Every parent is used once before one is used again, in an order of its own each time.

    A second parent whose label counts is of another class, unless the generator wants it alike; one that gives no label
    is any other item of train.
    """
    pool: list[tuple[Route, Item | None]] = [(routes[0], None)]
    if entry.parents:
        pool = [(route, item) for route in routes for item in index.by_label[route.parent_label]]
    partners = _partners(recipe, index, entry, routes[0]) if entry.mixes else {}
    groups = _groups(index, entry, partners) if entry.parents == 2 else []
    orders: dict[int, list[int]] = {}
    for i in indices:
        turn, at = divmod(i, len(pool))
        if turn not in orders and len(pool) > 1:
            orders[turn] = numpy_rng(recipe.seed, entry.key, label, turn).permutation(len(pool)).tolist()
        route, item = pool[orders[turn][at] if len(pool) > 1 else 0]
        parents: tuple[str, ...] = (item.id,) if item else ()
        bounds = route.bounds
        if entry.parents == 2:
            alike = [index.by_label[route.parent_label]] if entry.draws_partners_alike else groups
            partner = _partner(alike, parents[0], numpy_rng(recipe.seed, entry.key, label, i, "partner"))
            parents, bounds = (*parents, partner.id), partners.get(str(partner.label), bounds)
        yield Job(place, label, i, parents, bounds, recipe.seed, round_, turn)


def _groups(index: Index, entry: GenerateEntry, partners: Iterable[str]) -> list[Sequence[Item]]:
    """Second parents, in groups that are drawn equally often."""
    groups: list[Sequence[Item]] = [
        index.by_label[label] for label in (partners if entry.mixes else index.labels)
    ]
    return [list(chain.from_iterable(groups))] if entry.draws_partners_as_they_are else groups


def _partner(groups: Sequence[Sequence[Item]], first: str, rng: np.random.Generator) -> Item:
    items = groups[int(rng.integers(len(groups)))]
    at = int(rng.integers(len(items)))
    return items[at] if items[at].id != first else items[(at + 1) % len(items)]
