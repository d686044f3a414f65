"""One measurement of lift: the use of the samples is searched on parts of train, then every arm is tested.

It may stand on several draws of train, each with samples of its own: the search then decides for all of them at once.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial

from synthgen import lift_arms, lift_report
from synthgen.comparison import calibrated_loss
from synthgen.dataset import DatasetVersion
from synthgen.errors import RecipeError, SourceError
from synthgen.index import Index
from synthgen.lift_arms import BASELINES, Arm, Choice, Outcome, Unit
from synthgen.lift_data import mean_of, what_is_added
from synthgen.lift_report import LiftReport
from synthgen.lift_results import HALF, LEFT_OUT, MORE, NAIVE, ONLY, SYNTHETIC, Results, Row, Searched
from synthgen.lift_tables import lift_report as make_report
from synthgen.making import Executor
from synthgen.mixture import Sampling, Use
from synthgen.pipeline import InProcess
from synthgen.recipe import Recipe
from synthgen.recipe_parts import Lift
from synthgen.report import Cell
from synthgen.seeds import hash_of
from synthgen.stages.lift import Material, gather, train_unit, validation_rows
from synthgen.stages.read import read

log = logging.getLogger(__name__)
FULL = Use(share=1.0)
SEARCH_STEPS = 3
"""A search takes a third of the steps: sixteen trainings of it cost as much as five of an arm."""


@dataclass(frozen=True)
class Drawn:
    """One draw of train: its recipe, the version made for it, and all that is trained on."""

    recipe: Recipe
    version: DatasetVersion
    material: Material


def measure(
    recipe: Recipe, version: DatasetVersion, executor: Executor | None = None, *, ablate: bool = False
) -> LiftReport:
    """Whether the kept samples of a version help, with intervals, per class. Kept with the version and found again.

    `recipe` is the one that made the version; its `lift` says how it is measured, its `source` where the real data
    lie. What was trained before, also for another version of the same source, is not trained again.
    """
    return measure_draws([(recipe, version)], executor, ablate=ablate)


def measure_draws(
    made: Sequence[tuple[Recipe, DatasetVersion]], executor: Executor | None = None, *, ablate: bool = False
) -> LiftReport:
    """The same over versions made for several draws of train with one holdout; kept with the first of them."""
    executor = executor or InProcess()
    drawn = [_drawn(recipe, version, executor) for recipe, version in made]
    first = drawn[0]
    if any(one.material.holdout.ids != first.material.holdout.ids for one in drawn):
        raise SourceError(
            "these draws of train have different holdouts: what they show cannot be put together."
        )
    one = Measurement(drawn, executor, ablate)
    mark = lift_report.mark_of(first.recipe.lift.classifier)
    known = lift_report.kept_with(first.version, draws=len(drawn), mark=mark)
    if known is not None and known.key == one.key:
        log.info("the lift of %s was measured before", known.title)
        return known
    report = replace(executor.call("sum up", make_report, one.results()), mark=mark)
    lift_report.keep(report, first.version)
    return report


def _drawn(recipe: Recipe, version: DatasetVersion, executor: Executor) -> Drawn:
    if version.record["recipe_key"] != recipe.key:
        raise RecipeError(
            f"{version.dataset.place.name}@{version.tag} was made by another recipe than this one. Name the dataset "
            f"itself (`synthgen lift {version.dataset.place.name}@{version.tag}`), or run the recipe first."
        )
    index = executor.call("read the source", partial(_read, recipe, executor))
    return Drawn(recipe, version, executor.call("gather", partial(_gather, recipe, index, version, executor)))


def _read(recipe: Recipe, executor: Executor) -> Index:
    with executor.progress("read") as progress:
        return read(recipe, progress=progress)


def _gather(recipe: Recipe, index: Index, version: DatasetVersion, executor: Executor) -> Material:
    with executor.progress("gather") as progress:
        return gather(recipe, index, version, progress)


@dataclass
class Measurement:
    """The trainings of one measurement and what they gave so far."""

    drawn: Sequence[Drawn]
    executor: Executor
    ablate: bool
    searched: list[Searched] = field(default_factory=list)
    samplings: Mapping[str, Sampling] = field(default_factory=lambda: BASELINES)

    @property
    def lift(self) -> Lift:
        """How it is measured."""
        return self.drawn[0].recipe.lift

    @cached_property
    def key(self) -> str:
        """What is measured and how: the same key, the same report."""
        how = self.lift.model_dump(mode="json", exclude={"require"})
        parts = [(d.material.real, d.material.synthetic, d.material.steps) for d in self.drawn]
        return hash_of(lift_arms.VERSION, *parts, how, self.ablate)[:32]

    def results(self) -> Results:
        """Everything, trained or found."""
        base = self._search_base()
        use = self._search_use(base)
        arms, subsets = self._arms(base, use)
        units = [(d, Unit(a, s)) for d in self.drawn for s in range(self.lift.seeds) for a in arms]
        outcomes = self._train("train and test", units)
        by_arm: dict[str, list[Outcome]] = {arm.name: [] for arm in arms}
        for (_, unit), outcome in zip(units, outcomes, strict=True):
            by_arm[unit.arm.name].append(outcome)
        return self._results(base, by_arm, subsets)

    def _train(self, name: str, units: Sequence[tuple[Drawn, Unit]]) -> list[Outcome]:
        """The outcome of every unit, found or made; each is one item of work and is kept as soon as it is there."""

        def one(i: int) -> Outcome:
            drawn, unit = units[i]
            notes, tag = lift_report.notes_of(drawn.version), drawn.version.tag
            key = unit.key(drawn.material.real, drawn.material.synthetic)
            found = lift_arms.find(key, notes, tag)
            if found is None:
                found = train_unit(drawn.material, unit)
                lift_arms.keep(found, lift_arms.unit_path(notes, tag, key))
            return found

        several = len(self.drawn) > 1
        says = [
            unit.says() + (f", draw {self.drawn.index(drawn) + 1}" if several else "")
            for drawn, unit in units
        ]
        return self.executor.map(name, one, says)

    @cached_property
    def _parts(self) -> list[tuple[Drawn, int]]:
        return [(drawn, part) for drawn in self.drawn for part in range(self.lift.searches)]

    def _search(self, name: str, arms: Sequence[Arm]) -> list[Searched]:
        """What each way gives on the validation parts."""
        units = [(drawn, self._search_unit(arm, drawn, part)) for arm in arms for drawn, part in self._parts]
        outcomes = self._train(name, units)
        each = len(self._parts)
        return [self._judged(arm, outcomes[i * each : (i + 1) * each]) for i, arm in enumerate(arms)]

    def _search_unit(self, arm: Arm, drawn: Drawn, part: int) -> Unit:
        return Unit(replace(arm, search=part, steps=drawn.material.steps // SEARCH_STEPS), part)

    def _judged(self, arm: Arm, outcomes: Sequence[Outcome]) -> Searched:
        import numpy as np

        hits, losses = [], []
        for (drawn, part), outcome in zip(self._parts, outcomes, strict=True):
            labels = drawn.material.train.labels[validation_rows(drawn.material, part)]
            right = outcome.predicted.argmax(1) == labels
            hits.append([right[labels == c].mean() for c in np.unique(labels)])
            losses.append(calibrated_loss(outcome.predicted, labels))
        return Searched(arm.name, arm.use, arm.sampling.reach, float(np.mean(hits)), float(np.mean(losses)))

    def _search_base(self) -> str:
        """The name of the stronger baseline; both move samples as far as suits it from then on."""
        tried = [(reach, name) for reach in self.lift.reaches for name in BASELINES]
        arms = [Arm(name, lift_arms.baselines(reach)[name]) for reach, name in tried]
        found = self._search("search the baseline", arms)
        best = min(range(len(found)), key=lambda i: found[i].loss)
        self.searched = [replace(one, chosen=i == best) for i, one in enumerate(found)]
        reach, name = tried[best]
        self.samplings = lift_arms.baselines(reach)
        return name

    def _search_use(self, base: str) -> Use:
        lift = self.lift
        arms = [Arm(SYNTHETIC, self.samplings[base], use) for use in lift_arms.ways(lift.shares)]
        found = self._search("search the share", arms)
        first = min(found, key=lambda one: one.loss)
        more = lift_arms.variants(first.use or FULL, lift.weights, lift.starts, lift.replacements)
        found += self._search("search the use", [Arm(SYNTHETIC, self.samplings[base], use) for use in more])
        best = min(found, key=lambda one: one.loss)
        self.searched += [replace(one, chosen=one is best) for one in found]
        return best.use or FULL

    def _arms(self, base: str, use: Use) -> tuple[list[Arm], dict[str, int]]:
        """All arms that are tested on the holdout, and the number of further real samples of those on the curve."""
        sampling, steps = self.samplings[base], self.drawn[0].material.steps
        arms = [Arm(NAIVE, lift_arms.NAIVE), *(Arm(name, one) for name, one in self.samplings.items())]
        arms += [Arm(SYNTHETIC, sampling, use), Arm(ONLY, sampling, FULL)]
        sizes = lift_arms.subset_sizes(min(len(d.material.pool.ids) for d in self.drawn), self.lift.curve)
        subsets = {MORE if n == sizes[-1] else f"{n:,} more real": n for n in sizes}
        arms += [Arm(name, sampling, more=n) for name, n in reversed(subsets.items())]
        arms += [Arm(name, sampling, use, choice) for name, choice in self._ablations().items()]
        return [replace(a, steps=steps) for a in arms] + [Arm(HALF, sampling, steps=steps // 2)], subsets

    def _ablations(self) -> Mapping[str, Choice]:
        if not self.ablate:
            return {}
        kept = [d.material.kept for d in self.drawn]
        makers = sorted(set.intersection(*(set(k.generators) for k in kept)))
        found = {LEFT_OUT + maker: Choice(without=maker) for maker in makers if len(makers) > 1}
        for name in (n for n in kept[0].bands if all(n in k.bands for k in kept)):
            for band in ("lower half", "upper half"):
                found[f"{name}: {band}"] = Choice(filter=name, band=band)
        return found

    def _results(
        self, base: str, arms: Mapping[str, Sequence[Outcome]], subsets: Mapping[str, int]
    ) -> Results:
        import numpy as np

        first = self.drawn[0]
        classes = len(first.material.names)
        trains, kepts = (
            np.mean([np.bincount(p.labels, minlength=classes) for p in parts], axis=0).round().astype(int)
            for parts in ([d.material.train for d in self.drawn], [d.material.kept for d in self.drawn])
        )
        return Results(
            name=first.version.dataset.place.name,
            tag=first.version.tag,
            key=self.key,
            classes=first.material.names,
            labels=first.material.holdout.labels,
            train_counts=trains.tolist(),
            kept_counts=kepts.tolist(),
            arms=arms,
            draws=len(self.drawn),
            subsets=subsets,
            ablations=tuple(self._ablations()),
            strong=base,
            searched=tuple(self.searched),
            data=self._data(base, arms),
            margin=self.lift.margin_points / 100,
            facts=self._facts(arms),
        )

    def _facts(self, arms: Mapping[str, Sequence[Outcome]]) -> dict[str, Cell]:
        material = self.drawn[0].material
        several: dict[str, Cell] = {"draws of train": len(self.drawn)} if len(self.drawn) > 1 else {}
        return several | {
            "seeds": self.lift.seeds,
            "steps": material.steps,
            "classifier": material.classifier.title,
            "train": len(material.train.ids),
            "kept": round(sum(len(d.material.kept.labels) for d in self.drawn) / len(self.drawn)),
            "holdout": len(material.holdout.ids),
            "pool": len(material.pool.ids),
            "CPU minutes": round(sum(o.cpu_s for outcomes in arms.values() for o in outcomes) / 60, 1),
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    def _data(self, base: str, arms: Mapping[str, Sequence[Outcome]]) -> tuple[Row, ...]:
        """Affinity, diversity, coverage and density, Vendi: means of the draws."""
        arm, seeds, searches = Arm(base, self.samplings[base]), self.lift.seeds, self.lift.searches
        seen = self._train("affinity", [(d, self._search_unit(arm, d, part)) for d, part in self._parts])
        tables = []
        for i, drawn in enumerate(self.drawn):
            material = drawn.material
            embed = partial(material.classifier.embed, drawn.recipe.modality)
            mine = {name: outcomes[i * seeds : (i + 1) * seeds] for name, outcomes in arms.items()}
            parts = [(validation_rows(material, p), seen[i * searches + p]) for p in range(searches)]
            tables.append(list(what_is_added(material, embed, parts, mine, base)))
        return mean_of(tables)
