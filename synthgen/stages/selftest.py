"""Plant known defects among real samples and see which of them a run's own filters catch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from synthgen.index import Index
from synthgen.recipe import Recipe
from synthgen.sample import Candidate, Sample, Verdict
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    import numpy as np

Judge = Callable[[Sequence[Candidate]], list[dict[str, Verdict]]]
BLOCK = 64
RARE_SHARE = 0.25
"""Classes with at most this share of the largest one's samples are rare."""
GOOD = "good real ones"


class Plant(NamedTuple):
    """One candidate, its parents as samples, whose right verdict is known. `rare` goes by the class that it claims."""

    kind: str
    candidate: Candidate
    rare: bool
    forgiven: bool = False
    """From the holdout itself, with another defect or none: its leakage is no news."""


def selftest(recipe: Recipe, index: Index, judge: Judge, *, each: int = 24) -> list[dict[str, Any]]:
    """One row a kind of defect: how many were planted, how many rejected, by which filters, and in the rare classes.

    About `each` samples of a kind, all classes alike. Good ones are real and unseen: from the pool, or else from the
    holdout, where only the filters that know the holdout are not asked.
    """
    knows = {name for name, one in recipe.filters if one.sees_holdout}
    tallies: dict[str, _Tally] = {}
    for some in _blocks(_plants(recipe, index, each)):
        verdicts = judge([plant.candidate for plant in some])
        for plant, said in zip(some, verdicts, strict=True):
            asked = said.keys() - knows if plant.forgiven else said.keys()
            against = sorted(name for name in asked if not said[name].passed)
            tallies.setdefault(plant.kind, _Tally()).add(against, plant.rare)
    return [tally.row(kind) for kind, tally in tallies.items()]


class _Tally:
    def __init__(self) -> None:
        self.planted, self.rejected, self.by = Counter[bool](), Counter[bool](), Counter[str]()

    def add(self, against: list[str], rare: bool) -> None:
        self.planted[rare] += 1
        self.rejected[rare] += bool(against)
        self.by.update(against)

    def row(self, kind: str) -> dict[str, Any]:
        planted, rejected = self.planted.total(), self.rejected.total()
        return {
            "planted": kind,
            "samples": planted,
            "rejected": rejected,
            "share": round(rejected / planted, 4),
            "should be": "kept" if kind == GOOD else "rejected",
            "of rare classes": self.planted[True],
            "rare rejected": self.rejected[True],
            "by": ", ".join(f"{name} {n}" for name, n in self.by.most_common()),
        }


def _plants(recipe: Recipe, index: Index, each: int) -> Iterator[Plant]:
    modality, rng = recipe.modality, numpy_rng("selftest", recipe.seed)
    counts = {label: len(items) for label, items in index.by_label.items()}
    rare = {label for label, n in counts.items() if n <= RARE_SHARE * max(counts.values())}
    pool, holdout, train = (_spread(index, s, set(counts), each, rng) for s in ("pool", "holdout", "train"))
    unseen, forgiven = pool or holdout, not pool

    def plant(
        kind: str, payload: Any, label: str, forgiven: bool = False, parents: tuple[Sample, ...] = ()
    ) -> Plant:
        return Plant(kind, Candidate(payload, label, parents=parents), label in rare, forgiven)

    for sample in unseen:
        yield plant(GOOD, sample.payload, str(sample.label), forgiven)
    for sample in unseen if len(counts) > 1 else ():
        others = sorted(set(counts) - {str(sample.label)})
        yield plant("wrong label", sample.payload, others[rng.integers(len(others))], forgiven)
    for sample in train:
        if (empty := modality.emptied(sample.payload)) is not None:
            yield plant("empty", empty, str(sample.label), parents=(sample,))
    for sample in train:
        for kind, payload in modality.copies(sample.payload, rng).items():
            yield plant(f"train copy, {kind}", payload, str(sample.label), parents=(sample,))
    for sample in train:
        for effect, payload in modality.broken(sample.payload, rng).items():
            rule = recipe.contract.rule(str(sample.label), effect)
            if rule is None or not rule.allow:
                yield plant(f"no longer true, {effect}", payload, str(sample.label), parents=(sample,))
    for sample in holdout:
        payload = sample.payload
        disguised: Mapping[str, Any] = modality.copies(payload, rng) | modality.disguises(payload, rng)
        for kind, other in disguised.items():
            yield plant(f"holdout copy, {kind}", other, str(sample.label))


def _spread(index: Index, split: Any, labels: set[str], each: int, rng: np.random.Generator) -> list[Sample]:
    """About `each` samples of a split, as many of each class as it has."""
    per_class = -(-each // max(1, len(labels)))
    chosen = []
    items = sorted(index.items.get(split, ()), key=lambda item: item.id)
    for label in sorted(labels):
        mine = [item for item in items if item.label == label]
        chosen += [mine[i] for i in sorted(rng.permutation(len(mine))[:per_class])]
    return [index.sample(item) for item in chosen]


def _blocks(plants: Iterator[Plant]) -> Iterator[list[Plant]]:
    block: list[Plant] = []
    for plant in plants:
        block.append(plant)
        if len(block) == BLOCK:
            yield block
            block = []
    if block:
        yield block
