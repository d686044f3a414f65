"""Reject what an ensemble that was trained on the real samples takes for another class."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import Field, field_validator, model_validator

from synthgen import registry
from synthgen.contract import LabelContract
from synthgen.device import pick_device
from synthgen.errors import RecipeError, SourceError
from synthgen.filter import Filter
from synthgen.generator import Progress
from synthgen.modality import Modality
from synthgen.prompt import checked_template
from synthgen.sample import Candidate, Sample, Verdict
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.classifier import Classifier, Judge

Named = Annotated[str, Field(min_length=1)]
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

    model: Named = "fit"
    """`fit`, or a folder or pinned hub id of a transformers classifier whose labels are the classes."""
    backbone: Named | None = None
    """A folder or pinned hub id of a network: each member is a head that is trained on what it sees."""
    zero_shot: Named | None = None
    """A folder or pinned hub id of a model that tells classes by their descriptions, not trained: CLIP for pictures, a
    sentence-transformers model for texts."""
    prompt: str = "a photo of a {label}"
    descriptions: dict[str, str] = Field(default_factory=dict)
    """What zero_shot is told: the prompt, and for a class other words than its name."""
    folds: Annotated[int, Field(ge=2, le=20)] = 5
    steps: Annotated[int, Field(ge=1)] | None = None
    """Training steps of each member; the modality's usual number, if not given."""
    right_share: Annotated[float, Field(gt=0, lt=1)] = 0.9
    wrong_share: Annotated[float, Field(gt=0, lt=1)] = 0.97
    most_needed: Annotated[float, Field(gt=0, lt=1)] = 0.35

    @field_validator("prompt")
    @classmethod
    def _has_the_label(cls, value: str) -> str:
        return checked_template(value)

    @model_validator(mode="after")
    def _names_one_judge(self) -> LabelAgreement:
        if len(self._named) > 1:
            raise ValueError(
                f"{' and '.join(self._named)} stand together: keep one, which then judges the labels"
            )
        told = self.model_fields_set & {"prompt", "descriptions"}
        if told and self.zero_shot is None:
            raise ValueError(
                f"{' and '.join(sorted(told))} is read by zero_shot alone: add that, or remove it"
            )
        return self

    @property
    def _named(self) -> dict[str, str]:
        """Models that were trained elsewhere, by setting: one at most."""
        said = {"model": self.model, "backbone": self.backbone, "zero_shot": self.zero_shot}
        return {key: value for key, value in said.items() if value not in (None, "fit")}

    def identity(self) -> dict[str, Any]:
        said = super().identity()
        # Left out where they say nothing: what was judged before there were these settings stays judged.
        unused = {"backbone", "zero_shot"} - self._named.keys()
        unused |= set() if self.zero_shot else {"prompt", "descriptions"}
        return {key: value for key, value in said.items() if key not in unused}

    def given_model(self) -> Path | None:
        from synthgen.models import hub

        return next((hub.local_folder(model) for model in self._named.values()), None)

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
        if self._is_trained:
            seen, notes = self._train(modality, labelled, labels, names, contract, folder, seed, progress)
        else:
            seen, notes = self._seen(modality, labelled, names, progress), []
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
        if not self._is_trained:
            return Model(self._judge(modality, said["names"], device), said["names"], said["needed"])
        classifier = self._classifier(modality)
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

        device, classifier = pick_device(), self._classifier(modality)
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
                member = classifier.load(place, device)
                seen[outside] = classifier.predict(member, [small[i] for i in outside])
        counts = Counter(labels.tolist())
        few = [f"{names[c]} ({n})" for c, n in sorted(counts.items()) if n < self.folds]
        notes = [
            f"Too few real samples for {self.folds} folds: {', '.join(few)}. Their thresholds in label_agreement lean "
            "on the other classes."
        ]
        return seen, notes if few else []

    def _seen(
        self, modality: Modality, train: Sequence[Sample], names: list[str], progress: Progress
    ) -> np.ndarray:
        """What each real sample looks like to a model that was trained elsewhere."""
        import numpy as np

        if unknown := sorted(set(self.descriptions) - set(names)):
            raise RecipeError(
                f"label_agreement describes {', '.join(map(repr, unknown))}, but the source has no such class."
                + registry.near(unknown[0], names)
            )
        judge, rows = self._judge(modality, names, pick_device()), []
        for start in range(0, len(train), 64):
            rows.append(judge([sample.payload for sample in train[start : start + 64]]))
            progress(min(start + 64, len(train)), len(train), "real samples")
        return np.concatenate(rows)

    @property
    def _is_trained(self) -> bool:
        return not {"model", "zero_shot"} & self._named.keys()

    def _classifier(self, modality: Modality) -> Classifier:
        from synthgen.models.classifier import reference

        return reference(modality, self.backbone)

    def _judge(self, modality: Modality, names: Sequence[str], device: str) -> Judge:
        classifier = self._classifier(modality)
        if self.zero_shot is None:
            return classifier.given(self.model, names, device)
        prompts = [self.prompt.format(label=self.descriptions.get(name, name)) for name in names]
        return classifier.zero_shot(self.zero_shot, prompts, device)


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


PLUGIN = LabelAgreement
