"""Reject what no longer says what its parent says, or says it in the same words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import Field

from synthgen.contract import Effect, LabelContract
from synthgen.filter import Filter
from synthgen.generator import Progress
from synthgen.modality import Modality
from synthgen.sample import Candidate, Sample, Verdict

if TYPE_CHECKING:
    from synthgen.models.claims import Change

GUARDS = ("negate", "change_numbers", "change_names")
LEAST_BY_WORDS = 0.25
"""Measured on 258 pairs written for it: texts about other things stay below 0.1, good paraphrases above 0.25."""
LEAST_BY_MODEL = 0.6
"""By all-MiniLM-L6-v2 on the same pairs: texts about other things stay below 0.54, good paraphrases above 0.7."""


class Model(NamedTuple):
    """The sentence model or how rare words are, and by class what the label contract lets change."""

    sentences: Any
    rare: Any
    allowed: dict[str, list[str]]
    of_every: list[str]


class Meaning(Filter):
    """Reject a text that is too far from its parent, that is the same again, or that broke a claim of the parent: a
    negation, a number, a name, the feeling. What the label contract lets change for a class (`negate`,
    `change_numbers`, `change_names`) is not held against its samples.

    Score: similarity of the two texts, 0 to 1; a sample without parents has nothing to be compared with and passes.
    Source: Reimers and Gurevych 2019 (sentence embeddings) or, without a model, soft TF-IDF (Cohen et al. 2003).
    """

    modalities: ClassVar[frozenset[str] | None] = frozenset({"text"})
    sees_parents: ClassVar[bool] = True
    learns: ClassVar[bool] = True

    model: str | None = None
    """A folder or pinned hub id of a sentence-transformers model, or `all-MiniLM-L6-v2` where that is installed; words
    are compared without one."""
    least: Annotated[float, Field(ge=0, lt=1)] | None = None
    """Similarity from which a text counts as a paraphrase; 0.25 by words and 0.6 by a model, if not given."""
    most: Annotated[float, Field(gt=0, le=1)] = 1.0
    """Similarity above which a text is no news. The same words in the same order are rejected in any case."""
    guards: tuple[str, ...] = GUARDS
    """Claims that must survive, by the effects of the label contract."""

    def heeds(self) -> list[Effect]:
        return [Effect.on_off(name, True) for name in self.guards]

    def given_model(self) -> Path | None:
        if self.model is None:
            return None
        from synthgen.models import hub

        return hub.local_folder(self.model)

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        from safetensors.numpy import save_file

        from synthgen.models import sentences, text_likeness

        labels = sorted({str(sample.label) for sample in train if sample.label is not None})
        allowed = {label: may for label in labels if (may := _allowed(contract, label, labels))}
        of_every = [kind for kind in GUARDS if _lets(contract, "", kind)]
        (folder / "allowed.json").write_text(json.dumps({"by class": allowed, "every": of_every}))
        if self.model is None:
            save_file(
                {"rare": text_likeness.rarity(sample.payload for sample in train)},
                folder / "words.safetensors",
            )
        else:
            sentences.load(self.model, "cpu")  # an unusable model is an error now, and not after generating
        how = "words" if self.model is None else self.model
        return {"compares by": how, "similarity needed": self._least()} | (
            {"may change": allowed} if allowed else {}
        )

    def load(self, modality: Modality, folder: Path | None, device: str) -> Model:
        from safetensors.numpy import load_file

        from synthgen.models import sentences

        where = folder or Path()
        said = json.loads((where / "allowed.json").read_text())
        network = sentences.load(self.model, device) if self.model else None
        rare = None if self.model else load_file(where / "words.safetensors")["rare"]
        return Model(network, rare, said["by class"], said["every"])

    def score(self, modality: Modality, batch: Sequence[Candidate], model: Model) -> list[Verdict]:
        pairs = [(i, parent) for i, c in enumerate(batch) for parent in c.parents]
        alike = self._similarities([(parent, batch[i].payload) for i, parent in pairs], model)
        nearest: dict[int, tuple[float, str]] = {}
        for (i, parent), how in zip(pairs, alike, strict=True):
            if i not in nearest or how > nearest[i][0]:
                nearest[i] = how, parent
        return [
            self._verdict(c, *nearest[i], model) if i in nearest else Verdict(True, 1.0, self._least())
            for i, c in enumerate(batch)
        ]

    def _verdict(self, candidate: Candidate, alike: float, parent: str, model: Model) -> Verdict:
        from synthgen.models import claims, lexis

        least = self._least()
        if lexis.said(parent) == lexis.said(candidate.payload):
            return Verdict(False, alike, least, "the same words as its parent's: nothing is new")
        if alike > self.most:
            return Verdict(
                False,
                alike,
                least,
                f"just the same: similarity {alike:.3f} to its parent, at most {self.most:g} is new",
            )
        broken = self._broken(
            claims.changes(parent, candidate.payload, _entities(candidate)), candidate.label, model
        )
        reasons = [change.what for change in broken]
        if alike < least:
            reasons.insert(
                0, f"says something else: similarity {alike:.3f} to its parent, at least {least:g} is needed"
            )
        return Verdict(not reasons, alike, least, "; ".join(reasons))

    def _broken(self, changes: Sequence[Change], label: str | None, model: Model) -> list[Change]:
        may = model.of_every if label is None else model.allowed.get(label, ())
        return [change for change in changes if change.kind in self.guards and change.kind not in may]

    def _similarities(self, pairs: Sequence[tuple[str, str]], model: Model) -> list[float]:
        from synthgen.models import sentences, text_likeness

        if not pairs:
            return []
        if model.sentences is None:
            return [round(value, 4) for value in text_likeness.similarities(pairs, model.rare)]
        texts = list(dict.fromkeys(text for pair in pairs for text in pair))
        vectors = sentences.embed(model.sentences, texts)
        rows = {text: vectors[i] for i, text in enumerate(texts)}
        return [round(float((rows[a] * rows[b]).sum()), 4) for a, b in pairs]

    def _least(self) -> float:
        if self.least is not None:
            return self.least
        return LEAST_BY_WORDS if self.model is None else LEAST_BY_MODEL


def _entities(candidate: Candidate) -> list[str]:
    """The words of a candidate that are marked as entities."""
    spans = candidate.annotations.get("entities") or ()
    return [word for start, end, *_ in spans for word in candidate.payload[start:end].split()]


def _allowed(contract: LabelContract, label: str, labels: Sequence[str]) -> list[str]:
    """What may change on the way to a class: its own rule allows it, or that of another class turns into it."""
    return [
        kind
        for kind in GUARDS
        if _lets(contract, label, kind)
        or any((rule := contract.rule(other, kind)) and rule.target(other) == label for other in labels)
    ]


def _lets(contract: LabelContract, label: str, kind: str) -> bool:
    rule = contract.rule(label, kind)
    return rule is not None and rule.allow and rule.relabel is None


PLUGIN = Meaning
