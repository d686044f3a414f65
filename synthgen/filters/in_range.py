"""Reject a graph whose size or degrees no real one of its class has."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from synthgen.contract import LabelContract
from synthgen.filter import Filter
from synthgen.generator import Progress
from synthgen.modality import Modality
from synthgen.sample import Candidate, Sample, Verdict

if TYPE_CHECKING:
    from synthgen.models.graph import Graph

FEW = 10
NAMES = ("nodes", "edges a node", "highest degree", "triangles a node")


class InRange(Filter):
    """Reject a graph with fewer or more nodes, edges a node or triangles a node, or a higher degree, than real ones of
    its class, by more than the slack.

    Score: how far the worst of the four lies outside, as a share of the bound; 0 inside. Classes of fewer than ten
    samples borrow the ranges of all.
    """

    modalities: ClassVar[frozenset[str] | None] = frozenset({"graph"})
    learns: ClassVar[bool] = True

    slack: Annotated[float, Field(ge=0, le=1)] = 0.25
    """How far beyond the smallest and largest real value a sample may lie, as a share of it."""

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        import numpy as np

        rows: dict[str, list[list[float]]] = {}
        for i, sample in enumerate(train):
            rows.setdefault(sample.label or "", []).append(measures(sample.payload))
            progress(i + 1, len(train), "ranges")
        every = [row for some in rows.values() for row in some] or [[0.0] * len(NAMES)]
        chosen = {label: some if len(some) >= FEW else every for label, some in sorted(rows.items())}
        said = {
            label: [np.min(some, 0).round(4).tolist(), np.max(some, 0).round(4).tolist()]
            for label, some in [*chosen.items(), ("", every)]
        }
        (folder / "ranges.json").write_text(json.dumps(said))
        return {
            "ranges": {
                label: dict(zip(NAMES, zip(*b, strict=True), strict=True)) for label, b in said.items()
            }
        }

    def load(self, modality: Modality, folder: Path | None, device: str) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(((folder or Path()) / "ranges.json").read_text())
        return said

    def score(self, modality: Modality, batch: Sequence[Candidate], model: Any) -> list[Verdict]:
        return [self._verdict(c, *model.get(c.label or "", model[""])) for c in batch]

    def _verdict(self, candidate: Candidate, low: list[float], high: list[float]) -> Verdict:
        worst, why = 0.0, ""
        for name, value, least, most in zip(NAMES, measures(candidate.payload), low, high, strict=True):
            beyond = max((least - value) / max(least, 1e-9), (value - most) / max(most, 1.0), 0.0)
            if beyond > worst:
                worst, why = beyond, f"{name}: {value:.2f}, where real ones have {least:.2f} to {most:.2f}"
        return Verdict(worst <= self.slack, worst, self.slack, why if worst > self.slack else "")


def measures(graph: Graph) -> list[float]:
    """Nodes, edges a node, highest degree, triangles a node."""
    neighbours: list[set[int]] = [set() for _ in range(graph.nodes)]
    pairs = graph.edges.T.tolist()
    for a, b in pairs:
        neighbours[a].add(b)
        neighbours[b].add(a)
    triangles = sum(len(neighbours[a] & neighbours[b]) for a, b in pairs) / 3
    highest = max(map(len, neighbours), default=0)
    return [float(graph.nodes), graph.size / graph.nodes, float(highest), triangles / graph.nodes]


PLUGIN = InRange
