"""Reject clips that no longer show the frames that tell their label, or show them backwards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, ClassVar, NamedTuple

from pydantic import Field

from synthgen import spans
from synthgen.contract import Effect, LabelContract
from synthgen.filter import Filter
from synthgen.generator import Progress
from synthgen.modality import Modality
from synthgen.sample import Candidate, Sample, Verdict


class Model(NamedTuple):
    """Labelled spans of the train clips by the hash of their content, as first and end frame; and by class how much of
    its span may be cut off, and whether it may be played backwards, or mirrored."""

    spans: dict[str, list[int]]
    may_lose: dict[str, float]
    may_turn: dict[str, bool]
    may_mirror: dict[str, bool]


class SpanKept(Filter):
    """Reject a clip that cuts into the labelled span of its parent, or plays its parent backwards, where the contract
    allows no `cut_span` or `reverse_time`. Where the clip lies in its parent is seen from the frames, not told.

    Score: the share of the span that is shown; 1 where there is no span, or what is shown can't be found in the parent.
    """

    modalities: ClassVar[frozenset[str] | None] = frozenset({"video"})
    sees_parents: ClassVar[bool] = True
    learns: ClassVar[bool] = True

    slack_frames: Annotated[float, Field(ge=0)] = 1.5
    """Frames of the parent by which a stretch may be misjudged at either end."""
    sure: Annotated[float, Field(gt=0, lt=1)] = 0.7
    """Correlation from which a clip counts as found in its parent."""
    clearer: Annotated[float, Field(ge=0, lt=1)] = 0.05
    """By which playing backwards must explain the clip better than playing forwards."""

    def heeds(self) -> list[Effect]:
        turning = (Effect.on_off(name, True) for name in ("reverse_time", "mirror"))
        return [Effect("cut_span", 0, 1, free=(0, 0)), *turning]

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        labels = sorted({str(sample.label) for sample in train if sample.label is not None})
        held: dict[str, list[int]] = {}
        for i, sample in enumerate(train):
            if "span" in sample.annotations:
                payload = sample.payload
                held[_key(modality, payload)] = list(spans.of(sample.annotations, payload.frames) or ())
                progress(i + 1, len(train), "spans")
        said = {
            "spans": held,
            "may lose": {label: _may_lose(contract, label) for label in labels},
            "may turn": {label: _may(contract, "reverse_time", label, labels) for label in labels},
            "may mirror": {label: _may(contract, "mirror", label, labels) for label in labels},
        }
        (folder / "spans.json").write_text(json.dumps(said))
        notes = [] if held else ["no clip has a labelled span: only clips played backwards are found"]
        return {"labelled spans": len(held), **({"notes": notes} if notes else {})}

    def load(self, modality: Modality, folder: Path | None, device: str) -> Model:
        said = json.loads(((folder or Path()) / "spans.json").read_text())
        return Model(said["spans"], said["may lose"], said["may turn"], said["may mirror"])

    def score(self, modality: Modality, batch: Sequence[Candidate], model: Model) -> list[Verdict]:
        return [self._verdict(modality, candidate, model) for candidate in batch]

    def _verdict(self, modality: Modality, candidate: Candidate, model: Model) -> Verdict:
        label = str(candidate.label)
        least = round(1 - model.may_lose.get(label, 0.0), 4)
        answers = [self._against(modality, candidate, parent, least, model) for parent in candidate.parents]
        # Of two parents one is enough: a clip may go over from one into another.
        return max(answers, key=lambda v: (v.passed, v.score), default=Verdict(True, 1.0, least))

    def _against(
        self, modality: Modality, candidate: Candidate, parent: Any, least: float, model: Model
    ) -> Verdict:
        from synthgen.models import clip_alignment

        if modality.content(parent) == modality.content(candidate.payload):
            return Verdict(True, 1.0, least)
        label = str(candidate.label)
        found = clip_alignment.aligned(candidate.payload, parent, model.may_mirror.get(label, False))
        if found.backwards >= self.sure and found.backwards > found.forwards + self.clearer:
            if not model.may_turn.get(label, False):
                return Verdict(False, 0.0, least, "its parent played backwards, which changes the label")
        elif found.forwards < self.sure:
            return Verdict(True, 1.0, least)
        span = model.spans.get(_key(modality, parent))
        if not span:
            return Verdict(True, 1.0, least)
        first, end = span
        slack = self.slack_frames * clip_alignment.step_of(parent)
        shown = min(end, found.end + slack) - max(first, found.first - slack)
        share = round(max(0.0, shown) / (end - first), 4)
        if share >= least:
            return Verdict(True, share, least)
        return Verdict(
            False, share, least,
            f"shows {share:.0%} of the frames that tell its label, at least {least:.0%} are needed: frames "
            f"{found.first} to {found.end} of its parent, where {first} to {end} carry it",
        )  # fmt: skip


def _key(modality: Modality, payload: Any) -> str:
    return sha256(modality.content(payload)).hexdigest()


def _may_lose(contract: LabelContract, label: str) -> float:
    """Share of the labelled span that may be cut off."""
    rule = contract.rule(label, "cut_span")
    if rule is None:
        return 0.0
    allowed = rule.range(Effect("cut_span", 0.0, 1.0))
    return 1.0 if allowed is None else min(1.0, max(0.0, allowed[1]))


def _may(contract: LabelContract, effect: str, label: str, labels: Sequence[str]) -> bool:
    """Whether clips of a class may be others turned by an effect: its own, or of a class that turns into it."""
    own = contract.rule(label, effect)
    if own is not None and own.allow and (own.relabel is None or own.target(label) == label):
        return True
    rules = ((other, contract.rule(other, effect)) for other in labels)
    return any(rule is not None and rule.target(other) == label for other, rule in rules)


PLUGIN = SpanKept
