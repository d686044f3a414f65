"""Of what passed, keep the most diverse up to each class's target; settle duplicates among samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
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
    """Samples of one class: ids, hashes of the bare payloads, and embeddings (m, d) of the first m.

    Of what passed the filters fewer are embedded only where nearly all are kept anyway.
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


def select(
    candidates: Mapping[str, Candidates],
    room: Mapping[str, int],
    real: Mapping[str, np.ndarray],
    held: Mapping[str, Candidates] = MappingProxyType({}),
) -> Selection:
    """Decide on every candidate: `kept`, or `surplus` with the reason.

    `room` is how many each class still takes, `real` the embeddings of its real samples, `held` the synthetic ones
    that it has kept before: what is kept now should differ from both, and is none of the latter again.
    """
    decisions: dict[str, str] = {}
    reasons: dict[str, str] = {}
    diversity = {}
    for label, those in sorted(candidates.items()):
        there = held.get(label)
        distinct, twins = _distinct(those, there)
        for i, first in twins.items():
            decisions[those.ids[i]] = "surplus"
            reasons[those.ids[i]] = f"the same as {first[:12]}"
        near = [real[label]] if label in real else []
        near += [there.embeddings] if there and len(there.embeddings) else []
        taken = _spread(those.embeddings, distinct, room.get(label, 0), near)
        for i in distinct:
            decisions[those.ids[i]] = "kept" if i in taken else "surplus"
            if i not in taken:
                reasons[those.ids[i]] = "enough samples that are more different from each other"
        kept = those.embeddings[sorted(i for i in taken if i < len(those.embeddings))]
        diversity[label] = {"candidates": _measure(those.embeddings), "kept": _measure(kept)}
        if label in real:
            diversity[label]["real"] = _measure(real[label])
    return Selection(decisions, reasons, diversity)


def _distinct(those: Candidates, there: Candidates | None) -> tuple[list[int], dict[int, str]]:
    """Positions of the first of each group of equal samples that is not there yet; the others, with what they equal.

    Equal payloads are found everywhere, those that only look the same within a block and among what is there.
    """
    from synthgen.models import nearest

    first_of = dict(zip(there.content, there.ids, strict=True)) if there else {}
    twins: dict[int, str] = {}
    for i, content in enumerate(those.content):
        if first_of.setdefault(content, those.ids[i]) != those.ids[i]:
            twins[i] = first_of[content]
    for start in range(0, len(those.embeddings), BLOCK):
        block = nearest.rounded(those.embeddings[start : start + BLOCK])
        if there and len(there.embeddings):
            for i, j in nearest.alike(block, nearest.rounded(there.embeddings), SAME).items():
                twins.setdefault(start + i, there.ids[j])
        for i, j in nearest.twins(block, SAME):
            if start + i not in twins and start + j not in twins:
                twins[start + j] = those.ids[start + i]
    return [i for i in range(len(those.ids)) if i not in twins], twins


def _spread(embeddings: np.ndarray, among: Sequence[int], room: int, near: Sequence[np.ndarray]) -> set[int]:
    """Positions to keep: those that differ most; what was not embedded comes after, in its order."""
    import numpy as np

    from synthgen.models import nearest

    if room >= len(among):
        return set(among)
    seen = [i for i in among if i < len(embeddings)]
    blocks = [list(b) for b in np.array_split(np.asarray(seen, int), -(-len(seen) // BLOCK))] if seen else []
    parts = np.diff(np.linspace(0, min(max(room, 0), len(seen)), len(blocks) + 1).round().astype(int))
    there = nearest.rounded(np.concatenate(near)) if near else None
    taken: set[int] = set()
    for block, part in zip(blocks, parts, strict=True):
        rows = nearest.rounded(embeddings[block])
        taken |= {int(block[i]) for i in nearest.farthest_first(rows, int(part), there)}
    return taken | set(among[len(seen) :][: max(room, 0) - len(taken)])


def _measure(vectors: np.ndarray) -> dict[str, float]:

    return {
        "n": len(vectors),
        "vendi": round(vendi(vectors), 3),
        "mean_distance": round(mean_distance(vectors), 4),
    }
