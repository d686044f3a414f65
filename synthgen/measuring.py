"""One measurement of lift: the use of the samples is searched on parts of train, then every arm is tested."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

from synthgen import diversity, lift_arms, lift_report
from synthgen.comparison import calibrated_loss
from synthgen.dataset import DatasetVersion
from synthgen.errors import RecipeError
from synthgen.index import Index
from synthgen.lift_arms import BASELINES, Arm, Choice, Outcome, Unit
from synthgen.lift_report import LiftReport
from synthgen.lift_results import HALF, LEFT_OUT, MORE, NAIVE, ONLY, SYNTHETIC, Results, Row, Searched
from synthgen.lift_tables import lift_report as make_report
from synthgen.making import Executor
from synthgen.mixture import Use
from synthgen.pipeline import InProcess
from synthgen.recipe import Recipe
from synthgen.report import Cell
from synthgen.seeds import hash_of
from synthgen.stages.lift import Material, gather, train_unit, validation_rows
from synthgen.stages.read import read

if TYPE_CHECKING:
    import numpy as np

log = logging.getLogger(__name__)
FULL = Use(share=1.0)
SEARCH_STEPS = 3
"""A search takes a third of the steps: sixteen trainings of it cost as much as five of an arm."""


def measure(
    recipe: Recipe, version: DatasetVersion, executor: Executor | None = None, *, ablate: bool = False
) -> LiftReport:
    """Whether the kept samples of a version help, with intervals, per class. Kept with the version and found again.

    `recipe` is the one that made the version; its `lift` says how it is measured, its `source` where the real data
    lie. What was trained before, also for another version of the same source, is not trained again.
    """
    if version.record["recipe_key"] != recipe.key:
        raise RecipeError(
            f"{version.dataset.place.name}@{version.tag} was made by another recipe than this one. Name the dataset "
            f"itself (`synthgen lift {version.dataset.place.name}@{version.tag}`), or run the recipe first."
        )
    executor = executor or InProcess()
    index = executor.call("read the source", partial(_read, recipe, executor))
    material = executor.call("gather", partial(_gather, recipe, index, version, executor))
    one = Measurement(recipe, version, material, executor, ablate)
    known = lift_report.kept_with(version)
    if known is not None and known.key == one.key:
        log.info("the lift of %s was measured before", known.title)
        return known
    report = executor.call("sum up", make_report, one.results())
    lift_report.keep(report, version)
    return report


def _read(recipe: Recipe, executor: Executor) -> Index:
    with executor.progress("read") as progress:
        return read(recipe, progress=progress)


def _gather(recipe: Recipe, index: Index, version: DatasetVersion, executor: Executor) -> Material:
    with executor.progress("gather") as progress:
        return gather(recipe, index, version, progress)


@dataclass
class Measurement:
    """The trainings of one measurement and what they gave so far."""

    recipe: Recipe
    version: DatasetVersion
    material: Material
    executor: Executor
    ablate: bool
    searched: list[Searched] = field(default_factory=list)

    @cached_property
    def key(self) -> str:
        """What is measured and how: the same key, the same report."""
        how = self.recipe.lift.model_dump(mode="json", exclude={"require"})
        material = self.material
        return hash_of(
            lift_arms.VERSION, material.real, material.synthetic, material.steps, how, self.ablate
        )[:32]

    def results(self) -> Results:
        """Everything, trained or found."""
        base = self._search_base()
        use = self._search_use(base)
        arms, subsets = self._arms(base, use)
        seeds = range(self.recipe.lift.seeds)
        units = [Unit(arm, seed) for seed in seeds for arm in arms]
        outcomes = self._train("train and test", units)
        by_arm = {arm.name: [o for u, o in zip(units, outcomes, strict=True) if u.arm == arm] for arm in arms}
        return self._results(base, by_arm, subsets)

    def _train(self, name: str, units: Sequence[Unit]) -> list[Outcome]:
        """The outcome of every unit, found or made; each is one item of work and is kept as soon as it is there."""
        notes, tag = lift_report.notes_of(self.version), self.version.tag
        keys = [unit.key(self.material.real, self.material.synthetic) for unit in units]

        def one(i: int) -> Outcome:
            found = lift_arms.find(keys[i], notes, tag)
            if found is None:
                found = train_unit(self.material, units[i])
                lift_arms.keep(found, lift_arms.unit_path(notes, tag, keys[i]))
            return found

        return self.executor.map(name, one, [unit.says() for unit in units])

    def _search(self, name: str, arms: Sequence[Arm]) -> list[Searched]:
        """What each way gives on the validation parts."""
        parts = range(self.recipe.lift.searches)
        units = [self._search_unit(arm, part) for arm in arms for part in parts]
        outcomes = self._train(name, units)
        each = len(parts)
        return [self._judged(arm, outcomes[i * each : (i + 1) * each]) for i, arm in enumerate(arms)]

    def _search_unit(self, arm: Arm, part: int) -> Unit:
        return Unit(replace(arm, search=part, steps=self.material.steps // SEARCH_STEPS), part)

    def _judged(self, arm: Arm, outcomes: Sequence[Outcome]) -> Searched:
        import numpy as np

        hits, losses = [], []
        for part, outcome in enumerate(outcomes):
            labels = self.material.train.labels[validation_rows(self.material, part)]
            right = outcome.predicted.argmax(1) == labels
            hits.append([right[labels == c].mean() for c in np.unique(labels)])
            losses.append(calibrated_loss(outcome.predicted, labels))
        return Searched(arm.name, arm.use, float(np.mean(hits)), float(np.mean(losses)))

    def _search_base(self) -> str:
        found = self._search("search the baseline", [Arm(name, s) for name, s in BASELINES.items()])
        best = min(found, key=lambda one: one.loss)
        self.searched = [replace(one, chosen=one is best) for one in found]
        return best.name

    def _search_use(self, base: str) -> Use:
        lift = self.recipe.lift
        arms = [Arm(SYNTHETIC, BASELINES[base], use) for use in lift_arms.ways(lift.shares)]
        found = self._search("search the share", arms)
        first = min(found, key=lambda one: one.loss)
        more = lift_arms.variants(first.use or FULL, lift.weights, lift.starts, lift.replacements)
        found += self._search("search the use", [Arm(SYNTHETIC, BASELINES[base], use) for use in more])
        best = min(found, key=lambda one: one.loss)
        self.searched += [replace(one, chosen=one is best) for one in found]
        return best.use or FULL

    def _arms(self, base: str, use: Use) -> tuple[list[Arm], dict[str, int]]:
        """All arms that are tested on the holdout, and the number of further real samples of those on the curve."""
        sampling, steps = BASELINES[base], self.material.steps
        arms = [Arm(NAIVE, lift_arms.NAIVE), *(Arm(name, one) for name, one in BASELINES.items())]
        arms += [Arm(SYNTHETIC, sampling, use), Arm(ONLY, sampling, FULL)]
        sizes = lift_arms.subset_sizes(len(self.material.pool.ids))
        subsets = {MORE if n == sizes[-1] else f"{n:,} more real": n for n in sizes}
        arms += [Arm(name, sampling, more=n) for name, n in reversed(subsets.items())]
        arms += [Arm(name, sampling, use, choice) for name, choice in self._ablations().items()]
        return [replace(a, steps=steps) for a in arms] + [Arm(HALF, sampling, steps=steps // 2)], subsets

    def _ablations(self) -> Mapping[str, Choice]:
        if not self.ablate:
            return {}
        kept = self.material.kept
        makers = sorted(set(kept.generators))
        found = {LEFT_OUT + maker: Choice(without=maker) for maker in makers if len(makers) > 1}
        for name in kept.bands:
            for band in ("lower half", "upper half"):
                found[f"{name}: {band}"] = Choice(filter=name, band=band)
        return found

    def _results(
        self, base: str, arms: Mapping[str, Sequence[Outcome]], subsets: Mapping[str, int]
    ) -> Results:
        import numpy as np

        material, lift = self.material, self.recipe.lift
        classes = len(material.names)
        return Results(
            name=self.version.dataset.place.name,
            tag=self.version.tag,
            key=self.key,
            classes=material.names,
            labels=material.holdout.labels,
            train_counts=np.bincount(material.train.labels, minlength=classes).tolist(),
            kept_counts=np.bincount(material.kept.labels, minlength=classes).tolist(),
            arms=arms,
            subsets=subsets,
            ablations=tuple(self._ablations()),
            strong=base,
            searched=tuple(self.searched),
            data=tuple(self._adds(base, arms)),
            margin=lift.margin_points / 100,
            facts=self._facts(arms),
        )

    def _facts(self, arms: Mapping[str, Sequence[Outcome]]) -> dict[str, Cell]:
        lift, material = self.recipe.lift, self.material
        return {
            "seeds": lift.seeds,
            "steps": material.steps,
            "classifier": material.classifier.title,
            "train": len(material.train.ids),
            "kept": len(material.kept.labels),
            "holdout": len(material.holdout.ids),
            "pool": len(material.pool.ids),
            "CPU minutes": round(sum(o.cpu_s for outcomes in arms.values() for o in outcomes) / 60, 1),
            "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        }

    def _adds(self, base: str, arms: Mapping[str, Sequence[Outcome]]) -> Iterator[Row]:
        """Affinity, diversity, coverage and density, Vendi."""
        import numpy as np

        affinity = self._affinity(base)
        last = {name: float(np.mean([o.losses[-1] for o in arms[name]])) for name in (SYNTHETIC, base)}
        none: Row = {"class": "all", "of": "kept", "coverage": None, "density": None, "Vendi": None}
        yield none | {"affinity": affinity, "diversity": round(last[SYNTHETIC] / max(last[base], 1e-9), 3)}
        material, embed = self.material, self.recipe.modality.embed
        vectors = {
            name: (embed(part.payloads), part.labels)
            for name, part in (
                ("holdout", material.holdout),
                ("train", material.train),
                ("kept", material.kept),
            )
        }
        for i, label in enumerate(material.names):
            held, train, kept = (rows[labels == i] for rows, labels in vectors.values())
            if not len(kept):
                continue
            for of, rows in (
                ("train", train),
                ("kept", kept),
                ("train and kept", np.concatenate([train, kept])),
            ):
                covered, density = diversity.coverage_and_density(held, rows)
                yield {
                    "class": label, "of": of, "coverage": round(covered, 3), "density": round(density, 3),
                    "Vendi": round(diversity.vendi(rows), 2), "affinity": None, "diversity": None,
                }  # fmt: skip

    def _affinity(self, base: str) -> float | None:
        """Over the classes that have both: how often kept samples made from a validation part are recognised, over
        how often that part is, by classifiers that saw neither. None where no kept sample has such a parent."""
        import numpy as np

        arm = Arm(base, BASELINES[base])
        parts = range(self.recipe.lift.searches)
        outcomes = self._train("affinity", [self._search_unit(arm, part) for part in parts])
        made, real = [], []
        for part, outcome in enumerate(outcomes):
            mask = validation_rows(self.material, part)
            labels = self.material.train.labels[mask]
            hidden = {i for i, held in zip(self.material.train.ids, mask, strict=True) if held}
            rows = [i for i, sources in enumerate(self.material.kept.sources) if hidden & set(sources)]
            wanted = self.material.kept.labels[rows]
            for label in np.intersect1d(labels, wanted):
                made.append(_right(outcome.kept, wanted, label))
                real.append(_right(outcome.predicted, labels, label))
        return round(float(np.mean(made) / np.mean(real)), 3) if made and np.mean(real) > 0 else None


def _right(predicted: np.ndarray, labels: np.ndarray, label: int) -> float:
    return float((predicted[labels == label].argmax(1) == label).mean())
