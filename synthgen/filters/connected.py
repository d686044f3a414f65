"""Reject a graph that falls into more parts than real ones do."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from synthgen.contract import LabelContract
from synthgen.filter import Filter
from synthgen.generator import Progress
from synthgen.modality import Modality
from synthgen.sample import Candidate, Sample, Verdict


class Connected(Filter):
    """Reject a graph of more connected parts than any real train sample of its class has.

    Score: the number of parts. Where all real ones are connected, so must the synthetic ones be.
    """

    modalities: ClassVar[frozenset[str] | None] = frozenset({"graph"})
    learns: ClassVar[bool] = True

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        most: dict[str, int] = {}
        for sample in train:
            label = sample.label or ""
            most[label] = max(most.get(label, 1), parts(sample.payload))
        said = {"parts allowed": dict(sorted(most.items())), "any": max(most.values(), default=1)}
        (folder / "parts.json").write_text(json.dumps(said))
        return {"parts allowed": said["parts allowed"]}

    def load(self, modality: Modality, folder: Path | None, device: str) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(((folder or Path()) / "parts.json").read_text())
        return said

    def score(self, modality: Modality, batch: Sequence[Candidate], model: Any) -> list[Verdict]:
        verdicts = []
        for candidate in batch:
            bound = model["parts allowed"].get(candidate.label, model["any"])
            found = parts(candidate.payload)
            why = "" if found <= bound else f"it falls into {found} parts, real ones have at most {bound}"
            verdicts.append(Verdict(not why, float(found), float(bound), why))
        return verdicts


def parts(graph: Any) -> int:
    """How many connected parts a graph has."""
    return int(graph.components().max()) + 1


PLUGIN = Connected
