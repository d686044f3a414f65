"""Reject what an ensemble that was trained on the real samples takes for another class."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import Field

from synthgen import registry
from synthgen.contract import LabelContract
from synthgen.errors import SourceError
from synthgen.filter import Filter
from synthgen.generator import Progress
from synthgen.modality import Modality
from synthgen.sample import Candidate, Sample, Verdict
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.classifier import Classifier

SOFT = 0.3
"""Of a soft label, each class of at least this weight must be seen."""
STRENGTH = 6
"""How many samples' worth of evidence all classes together give on the threshold of one."""


class Model(NamedTuple):
    """Loaded members of the ensemble, its classes, and the probability that each needs."""

    predict: Callable[[Sequence[Any]], np.ndarray]
    names: list[str]
    needed: dict[str, float]


class LabelAgreement(Filter):
    """Reject a sample whose wanted class the ensemble hardly believes in.

    One classifier a fold, trained on the other folds. A class needs the probability that `right_share` of its real
    samples got from the member that had not seen them, cut to `most_needed` unless samples of the other classes get
    more for it: then up to what `wrong_share` of those stay below. Score: the ensemble's probability of the class.
    Source: out-of-fold thresholds as in Northcutt et al. 2021 (confident learning), section 3.
    """

    learns: ClassVar[bool] = True
    judges_class: ClassVar[bool] = True

    model: str = "fit"
    """`fit`, or a folder or hub id of a transformers image classifier whose labels are the classes."""
    folds: Annotated[int, Field(ge=2, le=20)] = 5
    steps: Annotated[int, Field(ge=1)] | None = None
    """Training steps of each member; the modality's usual number, if not given."""
    right_share: Annotated[float, Field(gt=0, lt=1)] = 0.9
    wrong_share: Annotated[float, Field(gt=0, lt=1)] = 0.97
    most_needed: Annotated[float, Field(gt=0, lt=1)] = 0.35

    def given_model(self) -> Path | None:
        if self.model == "fit":
            return None
        from synthgen.models import image_transformer

        return image_transformer.local_folder(self.model)

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        import numpy as np

        labelled = [sample for sample in train if sample.label is not None]
        names = sorted({str(sample.label) for sample in labelled})
        if not names:
            raise SourceError("label_agreement needs labelled samples. Remove it from [[filter]].")
        labels = np.array([names.index(str(sample.label)) for sample in labelled])
        if self.model == "fit":
            seen, notes = self._train(modality, labelled, labels, names, contract, folder, seed, progress)
        else:
            seen, notes = self._given(labelled, names), []
        needed = {}
        known = ~np.isnan(seen[:, 0])
        for i, name in enumerate(names):
            needed[name] = self._threshold(seen[known], labels[known], i)
        (folder / "classes.json").write_text(json.dumps({"names": names, "needed": needed}))
        right = {
            name: round(float((seen[mine].argmax(1) == i).mean()), 3)
            for i, name in enumerate(names)
            if (mine := known & (labels == i)).any()
        }
        facts = {"probability needed": needed, "real samples seen right": right}
        weak = sorted(name for name, share in right.items() if share < 0.5)
        if weak and len(names) > 1:
            notes.append(
                f"label_agreement sees less than half of the real samples of {', '.join(weak)} right: "
                "it can tell little about their synthetic ones."
            )
        return {**facts, "notes": notes} if notes else facts

    def load(self, modality: Modality, folder: Path | None, device: str) -> Model:
        import numpy as np

        where = folder or Path()
        said = json.loads((where / "classes.json").read_text())
        if self.model != "fit":
            return Model(_from_transformers(self.model, said["names"], device), said["names"], said["needed"])
        classifier: Classifier = registry.find("models", modality.classifier)()
        members = [classifier.load(one, device) for one in sorted(where.glob("fold*"))]

        def predict(payloads: Sequence[Any]) -> np.ndarray:
            small = [classifier.small(payload) for payload in payloads]
            return np.asarray(sum(classifier.predict(member, small) for member in members) / len(members))

        return Model(predict, said["names"], said["needed"])

    def score(self, modality: Modality, batch: Sequence[Candidate], model: Model) -> list[Verdict]:
        if not batch:
            return []
        seen = model.predict([c.payload for c in batch])
        return [self._verdict(c, row, model) for c, row in zip(batch, seen, strict=True)]

    def _verdict(self, candidate: Candidate, seen: np.ndarray, model: Model) -> Verdict:
        if candidate.label is None:
            return Verdict(True, float(seen.max()), 0.0)
        wanted = candidate.weights or {candidate.label: 1.0}
        worst: tuple[float, Verdict] | None = None
        for label, weight in wanted.items():
            if weight < SOFT and label != candidate.label:
                continue
            if label not in model.names:
                return Verdict(False, 0.0, 1.0, f"there is no real sample of {label!r} to learn from")
            p = float(seen[model.names.index(label)])
            needed = round(model.needed[label] * weight**2, 4)  # of a blend, softmax sees the heavier class
            verdict = Verdict(p >= needed, p, needed)
            if worst is None or p / needed < worst[0]:
                top = int(seen.argmax())
                why = f"looks like {model.names[top]} (p={seen[top]:.2f}), not {label} (p={p:.2f}; needs {needed:.2f})"
                worst = p / needed, verdict if verdict.passed else verdict._replace(reason=why)
        return worst[1] if worst else Verdict(True, float(seen.max()), 0.0)

    def _threshold(self, seen: np.ndarray, labels: np.ndarray, one: int) -> float:
        """What all classes together suggest, moved toward what this class shows the more samples it has."""
        import numpy as np

        mine = seen[labels == one, one]
        everyone = seen[np.arange(len(seen)), labels]
        low = 1 - self.right_share
        pooled = float(np.quantile(everyone, low)) if len(everyone) else 0.0
        own = float(np.quantile(mine, low)) if len(mine) else pooled
        right = (len(mine) * own + STRENGTH * pooled) / (len(mine) + STRENGTH)
        others = seen[labels != one, one]
        wrong = float(np.quantile(others, self.wrong_share)) if len(others) else 0.0
        return round(min(max(min(right, self.most_needed), min(wrong, right), 0.02), 0.95), 4)

    def _train(
        self, modality: Modality, train: Sequence[Sample], labels: np.ndarray, names: list[str],
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> tuple[np.ndarray, list[str]]:  # fmt: skip
        """Members in `folder`, and what each sample looked like to the member that had not seen it (or NaN)."""
        import numpy as np

        classifier: Classifier = registry.find("models", modality.classifier)()
        small = [classifier.small(sample.payload) for sample in train]
        fold = folds(labels, self.folds, seed)
        seen = np.full((len(labels), len(names)), np.nan, np.float32)
        steps = self.steps or classifier.usual_steps(small[0])
        for k in range(self.folds):
            inside, outside = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
            if not len(inside):
                continue

            def tell(step: int, all_steps: int, loss: float, k: int = k) -> None:
                progress(k * all_steps + step, self.folds * all_steps, f"loss {loss:.2f}")

            place = folder / f"fold{k:02}"
            place.mkdir()
            some = [small[i] for i in inside]
            classifier.train(
                some, labels[inside], names, contract, place,
                steps=steps, seed=seed * self.folds + k, progress=tell,
            )  # fmt: skip
            if len(outside):
                member = classifier.load(place, "cpu")
                seen[outside] = classifier.predict(member, [small[i] for i in outside])
        counts = Counter(labels.tolist())
        few = [f"{names[c]} ({n})" for c, n in sorted(counts.items()) if n < self.folds]
        notes = [
            f"Too few real samples for {self.folds} folds: {', '.join(few)}. Their thresholds in label_agreement lean "
            "on the other classes."
        ]
        return seen, notes if few else []

    def _given(self, train: Sequence[Sample], names: list[str]) -> np.ndarray:
        import numpy as np

        predict = _from_transformers(self.model, names, "cpu")
        blocks = [train[i : i + 64] for i in range(0, len(train), 64)]
        return np.concatenate([predict([sample.payload for sample in some]) for some in blocks])


def folds(labels: np.ndarray, k: int, seed: int) -> np.ndarray:
    """The fold (n,) of each sample, each class spread evenly; -1 for the only sample of a class: never left out."""
    import numpy as np

    rng = numpy_rng("folds", seed)
    fold = np.full(len(labels), -1)
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        if len(rows) > 1:
            fold[rows] = (np.arange(len(rows)) + rng.integers(k)) % k
    return fold


def _from_transformers(model: str, names: list[str], device: str) -> Callable[[Sequence[Any]], np.ndarray]:
    from synthgen.models import image_transformer

    held = image_transformer.load(model, names, device)
    return lambda payloads: image_transformer.predict(held, payloads)


PLUGIN = LabelAgreement
