"""Of what passed, keep the most diverse up to each class's target; settle duplicates among samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from synthgen.diversity import mean_distance, vendi

if TYPE_CHECKING:
    import numpy as np

SAME = 0.9995
"""Cosine of embeddings from which two samples count as the same."""
BLOCK = 2048
"""Candidates that are compared at a time: more are taken in blocks, each its part of the target."""
MOST_MEASURED = 4000
"""Samples a class, spread evenly, that the diversity scores are taken of."""


@dataclass(frozen=True)
class Candidates:
    """What passed the filters for one class: ids, hashes of the bare payloads, and embeddings (m, d) of the first m.

    Fewer are embedded than passed only where nearly all are kept anyway.
    """

    ids: tuple[str, ...]
    embeddings: np.ndarray
    content: tuple[str, ...]


@dataclass(frozen=True)
class Selection:
    """Decision and, for what is not kept, its reason, by sample id; diversity of real, candidates and kept by class."""

    decisions: dict[str, str]
    reasons: dict[str, str]
    diversity: dict[str, dict[str, dict[str, float]]]

    def kept(self, label_of: Mapping[str, str]) -> dict[str, int]:
        """Kept samples a class."""
        counts: dict[str, int] = {}
        for sample, decision in self.decisions.items():
            if decision == "kept":
                counts[label_of[sample]] = counts.get(label_of[sample], 0) + 1
        return counts


def select(
    candidates: Mapping[str, Candidates], room: Mapping[str, int], real: Mapping[str, np.ndarray]
) -> Selection:
    """Decide on every candidate: `kept`, or `surplus` with the reason.

    `room` is how many each class still takes, `real` the embeddings of its real samples, which the kept ones should
    differ from too.
    """
    decisions: dict[str, str] = {}
    reasons: dict[str, str] = {}
    diversity = {}
    for label, those in sorted(candidates.items()):
        distinct, twins = _distinct(those)
        for i, first in twins.items():
            decisions[those.ids[i]] = "surplus"
            reasons[those.ids[i]] = f"the same as {those.ids[first][:12]}"
        taken = _spread(those.embeddings, distinct, room.get(label, 0), real.get(label))
        for i in distinct:
            decisions[those.ids[i]] = "kept" if i in taken else "surplus"
            if i not in taken:
                reasons[those.ids[i]] = "enough samples that are more different from each other"
        kept = those.embeddings[sorted(i for i in taken if i < len(those.embeddings))]
        diversity[label] = {"candidates": _measure(those.embeddings), "kept": _measure(kept)}
        if label in real:
            diversity[label]["real"] = _measure(real[label])
    return Selection(decisions, reasons, diversity)


def _distinct(those: Candidates) -> tuple[list[int], dict[int, int]]:
    """Positions of the first of each group of equal samples, and for the others which one they equal.

    Equal payloads are found everywhere, those that only look the same within a block.
    """
    from synthgen.models import nearest

    first_of: dict[str, int] = {}
    twins: dict[int, int] = {}
    for i, content in enumerate(those.content):
        if first_of.setdefault(content, i) != i:
            twins[i] = first_of[content]
    for start in range(0, len(those.embeddings), BLOCK):
        block = nearest.rounded(those.embeddings[start : start + BLOCK])
        for i, j in nearest.twins(block, SAME):
            if start + i not in twins and start + j not in twins:
                twins[start + j] = start + i
    return [i for i in range(len(those.ids)) if i not in twins], twins


def _spread(embeddings: np.ndarray, among: Sequence[int], room: int, real: np.ndarray | None) -> set[int]:
    """Positions to keep: those that differ most; what was not embedded comes after, in its order."""
    import numpy as np

    from synthgen.models import nearest

    if room >= len(among):
        return set(among)
    seen = [i for i in among if i < len(embeddings)]
    blocks = [list(b) for b in np.array_split(np.asarray(seen, int), -(-len(seen) // BLOCK))] if seen else []
    parts = np.diff(np.linspace(0, min(max(room, 0), len(seen)), len(blocks) + 1).round().astype(int))
    near = None if real is None else nearest.rounded(real)
    taken: set[int] = set()
    for block, part in zip(blocks, parts, strict=True):
        rows = nearest.rounded(embeddings[block])
        taken |= {int(block[i]) for i in nearest.farthest_first(rows, int(part), near)}
    return taken | set(among[len(seen) :][: max(room, 0) - len(taken)])


def _measure(vectors: np.ndarray) -> dict[str, float]:

    return {
        "n": len(vectors),
        "vendi": round(vendi(vectors), 3),
        "mean_distance": round(mean_distance(vectors), 4),
    }
