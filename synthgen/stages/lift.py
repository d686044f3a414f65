"""Train one classifier and test it: on real data, or on real data with the kept samples of a version."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen.contract import LabelContract
from synthgen.device import one_thread, pick_device, quick_precision
from synthgen.errors import DatasetError, SourceError
from synthgen.generator import Progress
from synthgen.index import Index
from synthgen.lift_arms import Arm, Choice, Outcome, Unit
from synthgen.mixture import Mixture, Synthetic
from synthgen.reader import Split
from synthgen.recipe import Recipe
from synthgen.seeds import hash_of, numpy_rng
from synthgen.version import DatasetVersion, equals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from synthgen.models.classifier import Classifier

MOVES = 3
"""How often each test item is moved for the invariance score."""
COLUMNS = ("id", "label", "label_weights", "payload", "generator", "entry", "source_ids", "parents", "scores")


@dataclass(frozen=True)
class Labelled:
    """Small payloads of real samples, their classes as numbers, and their ids."""

    payloads: list[Any]
    labels: NDArray[np.int64]
    ids: tuple[str, ...]

    def some(self, rows: Iterable[int]) -> Labelled:
        """Those of these rows."""
        chosen = [int(row) for row in rows]
        return Labelled(
            [self.payloads[i] for i in chosen], self.labels[chosen], tuple(self.ids[i] for i in chosen)
        )


@dataclass(frozen=True)
class Kept:
    """The kept samples of a version. `targets` (m, classes) are hard or soft; `sources` are the real ancestors."""

    payloads: list[Any]
    targets: NDArray[np.float32]
    labels: NDArray[np.int64]
    sources: tuple[tuple[str, ...], ...]
    parents: tuple[str, ...]
    generators: tuple[str, ...]
    scores: dict[str, NDArray[np.float64]]

    @property
    def bands(self) -> list[str]:
        """Filters whose scores differ enough that there is a lower and an upper half."""
        import numpy as np

        return [name for name, values in self.scores.items() if len(np.unique(values)) > 1]

    def chosen(self, choice: Choice) -> NDArray[np.bool_]:
        """Which of the samples a choice takes (m,); halves by score are taken class by class."""
        import numpy as np

        mask = np.ones(len(self.labels), bool)
        if choice.without is not None:
            mask &= np.array([choice.without != g for g in self.generators], bool)
        if choice.filter is not None:
            values = self.scores[choice.filter]
            upper = np.zeros(len(mask), bool)
            for label in np.unique(self.labels):
                mine = np.flatnonzero(self.labels == label)
                order = mine[np.argsort(values[mine], kind="stable")]
                upper[order[len(order) // 2 :]] = True
            mask &= upper if choice.band == "upper half" else ~upper
        return mask


@dataclass(frozen=True)
class Material:
    """All that the trainings of one measurement work on. `real` and `synthetic` hash what decides their outcomes."""

    names: tuple[str, ...]
    contract: LabelContract
    classifier: Classifier
    train: Labelled
    holdout: Labelled
    pool: Labelled
    kept: Kept
    validation_share: float
    steps: int
    real: str
    synthetic: str


def gather(recipe: Recipe, index: Index, version: DatasetVersion, progress: Progress) -> Material:
    """Everything that is trained on and tested, small. Raises SourceError where the holdout can measure nothing."""
    _check_source(index, version)
    names = index.labels
    _check_splits(index, names)
    from synthgen.models.classifier import reference

    backbone = None if recipe.lift.classifier == "reference" else recipe.lift.classifier
    classifier, size = reference(recipe.modality, backbone), recipe.lift.size

    def small(split: Split) -> Labelled:
        import numpy as np

        samples = [s for s in index.samples(split) if s.label in names]
        payloads = []
        for i, sample in enumerate(samples):
            payloads.append(classifier.small(sample.payload, size))
            progress(i + 1, len(samples), split)
        labels = np.array([names.index(str(s.label)) for s in samples], np.int64)
        return Labelled(payloads, labels, tuple(s.id for s in samples))

    train, holdout, pool = small("train"), small("holdout"), small("pool")
    kept = _kept(recipe, version, names, classifier)
    steps = recipe.lift.steps or 3 * classifier.usual_steps(train.payloads[0])
    real = hash_of(
        [index.split_digest(split) for split in ("train", "holdout", "pool")],
        recipe.reader.shaping(), recipe.contract.model_dump(mode="json"), classifier.identity(), size,
        recipe.lift.validation_share, pick_device(), quick_precision(pick_device()),
    )  # fmt: skip
    return Material(
        names, recipe.contract, classifier, train, holdout, pool, kept, recipe.lift.validation_share, steps, real,
        version.digest,
    )  # fmt: skip


def _check_source(index: Index, version: DatasetVersion) -> None:
    said = version.record["source"]
    if index.digest_of(said["counts"]) != said["digest"]:
        here = {split: sum(index.counts(split).values()) for split in index.items}  # type: ignore[arg-type]
        there = {split: sum(counts.values()) for split, counts in said["counts"].items()}
        raise SourceError(
            f"{version.dataset.place.name}@{version.tag} was made from another source: it had {_items(there)}, this "
            f"one has {_items(here)}, and not the same ones. Name the source that it was made from by "
            f"--set source.path=FOLDER (and source.holdout), or run the recipe again."
        )


def _items(counts: dict[Any, int]) -> str:
    return ", ".join(f"{n} {split} items" for split, n in counts.items())


def _check_splits(index: Index, names: Sequence[str]) -> None:
    if not names:
        raise SourceError("lift needs classes, but no train item has a label.")
    if not index.items.get("holdout"):
        raise SourceError(
            "lift is measured on a holdout, and the source has none. Name real samples that were never trained on: "
            "--set source.holdout=FOLDER, and run the recipe again, so that its leak checks know them."
        )
    if len(names) < 2:
        raise SourceError(f"lift needs at least two classes to tell apart; train has {names[0]!r} alone.")
    held, train = index.counts("holdout"), index.counts("train")
    if missing := [name for name in names if not held.get(name)]:
        raise SourceError(
            f"the holdout holds nothing of the class {', '.join(map(repr, missing[:5]))}. Add real samples of it, at "
            f"least two (fifty tell more), or leave the class out of train."
        )
    for where, counts in (("holdout", held), ("train", train)):
        if single := [name for name in names if counts[name] < 2]:
            raise SourceError(
                f"{where} has one sample alone of the class {', '.join(map(repr, single[:5]))}: neither intervals nor "
                f"a validation part can be made of that. At least two are needed in each class."
            )


def _kept(recipe: Recipe, version: DatasetVersion, names: Sequence[str], classifier: Classifier) -> Kept:
    import numpy as np

    rows = list(version.rows(COLUMNS, where=equals("decision", "kept")))
    rows = sorted((row for row in rows if row["label"] in names), key=lambda row: str(row["id"]))
    if not rows:
        raise DatasetError(
            f"{version.dataset.place.name}@{version.tag} has no kept sample with a class: there is nothing to measure."
        )
    targets = np.zeros((len(rows), len(names)), np.float32)
    for target, row in zip(targets, rows, strict=True):
        weights = json.loads(row["label_weights"]) if row["label_weights"] else {row["label"]: 1.0}
        for label, weight in weights.items():
            target[names.index(label)] = weight
    filters = sorted({s["filter"] for row in rows for s in row["scores"] or ()})
    scores = {
        f: [next((s["value"] for s in r["scores"] if s["filter"] == f), 0.0) for r in rows] for f in filters
    }
    decode, size, made_by = recipe.modality.decode, recipe.lift.size, _entries(recipe)
    return Kept(
        [classifier.small(decode(row["payload"]), size) for row in rows],
        targets,
        np.array([names.index(row["label"]) for row in rows], np.int64),
        tuple(tuple(row["source_ids"] or ()) for row in rows),
        tuple((row["parents"] or [""])[0] for row in rows),
        tuple(made_by.get(row["entry"], row["generator"]) for row in rows),
        {name: np.array(values, np.float64) for name, values in scores.items()},
    )


def _entries(recipe: Recipe) -> dict[str, str]:
    """Names of the [[generate]] entries by key; several with one name are numbered."""
    names = [entry.name for entry in recipe.generate]
    return {
        entry.key: name if names.count(name) == 1 else f"{name} ({names[: i + 1].count(name)})"
        for i, (entry, name) in enumerate(zip(recipe.generate, names, strict=True))
    }


def validation_rows(material: Material, part: int) -> NDArray[np.bool_]:
    """Which train samples (n,) the validation part of this number holds: at least one of each class, never all."""
    import numpy as np

    labels, mask = material.train.labels, np.zeros(len(material.train.labels), bool)
    for label in np.unique(labels):
        mine = numpy_rng("validation", part, int(label)).permutation(np.flatnonzero(labels == label))
        mask[mine[: min(len(mine) - 1, max(1, round(material.validation_share * len(mine))))]] = True
    return mask


def train_unit(material: Material, unit: Unit) -> Outcome:
    """Train and test once."""
    import numpy as np

    one_thread()
    began, arm = time.thread_time(), unit.arm
    train, test = material.train, material.holdout
    hidden: set[str] = set()
    if arm.search is not None:
        mask = validation_rows(material, arm.search)
        train, test = train.some(np.flatnonzero(~mask)), train.some(np.flatnonzero(mask))
        hidden = set(test.ids)
    if arm.more:
        more = material.pool.some(sorted(_nested(len(material.pool.ids), arm.more)))
        train = Labelled(
            [*train.payloads, *more.payloads],
            np.concatenate([train.labels, more.labels]),
            train.ids + more.ids,
        )
    synthetic = _synthetic(material, arm, train, hidden)
    mixture = (
        Mixture(train.payloads, train.labels, arm.sampling, synthetic, arm.use)
        if synthetic is not None and arm.use
        else Mixture(train.payloads, train.labels, arm.sampling)
    )
    names, contract, classifier = material.names, material.contract, material.classifier

    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        learnt = classifier.train_mixture(mixture, names, contract, place, steps=arm.steps, seed=unit.seed)
        model = classifier.load(place, pick_device())
    predicted = classifier.predict(model, test.payloads)
    own = classifier.predict(model, train.payloads).argmax(1) == train.labels
    moved = [
        classifier.predict(model, classifier.varied(test.payloads, test.labels, names, contract, i)).argmax(1)
        for i in range(MOVES)
    ]
    descended = [i for i, sources in enumerate(material.kept.sources) if hidden & set(sources)]
    return Outcome(
        predicted=predicted,
        survived=float(np.mean([answer == predicted.argmax(1) for answer in moved])),
        train_accuracy=float(np.mean([own[train.labels == c].mean() for c in np.unique(train.labels)])),
        losses=np.array(learnt.losses),
        kept=classifier.predict(model, [material.kept.payloads[i] for i in descended]),
        cpu_s=time.thread_time() - began,
    )


def _nested(n: int, k: int) -> Sequence[int]:
    """`k` of `n` rows; a larger choice holds every smaller one."""
    order: list[int] = numpy_rng("pool", n).permutation(n).tolist()
    return order[:k]


def _synthetic(material: Material, arm: Arm, train: Labelled, hidden: set[str]) -> Synthetic | None:
    """The samples that an arm uses; none that descends from a real sample which is being predicted."""
    import numpy as np

    if arm.use is None:
        return None
    kept, place = material.kept, {sample: i for i, sample in enumerate(train.ids)}
    apart = np.array([not hidden & set(sources) for sources in kept.sources], bool)
    rows = np.flatnonzero(kept.chosen(arm.choice) & apart)
    parents = np.array([place.get(kept.parents[i], -1) for i in rows], np.int64)
    return Synthetic([kept.payloads[i] for i in rows], kept.targets[rows], kept.labels[rows], parents)
