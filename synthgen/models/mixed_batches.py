"""Batches of real and synthetic training samples, for the classifier of any modality."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synthgen import seeds
from synthgen.mixture import Mixture

if TYPE_CHECKING:
    from numpy.typing import NDArray

PARTS = 20


class Batch(NamedTuple):
    """For each place the row of a real sample, and the row of the synthetic one that took it, or -1."""

    real: NDArray[np.int64]
    synthetic: NDArray[np.int64]


class MixedBatches:
    """Draws batches. Real rows depend on the sampling and the seed alone, so that what is compared sees the same ones
    wherever no synthetic sample stands."""

    def __init__(self, mixture: Mixture, seed: int) -> None:
        self._use, self._labels = mixture.use, mixture.labels
        self._real_rng = seeds.numpy_rng("mixed_batches", "real", seed)
        self._synthetic_rng = seeds.numpy_rng("mixed_batches", "synthetic", seed)
        counts = np.bincount(mixture.labels)
        even = 1.0 / (counts[mixture.labels] * (counts > 0).sum())
        self._chances = even if mixture.sampling.balanced else np.full(len(even), 1 / len(even))
        self._of_class: dict[int, NDArray[np.int64]] = {}
        self._of_parent: dict[int, NDArray[np.int64]] = {}
        if (synthetic := mixture.synthetic) is not None and len(synthetic.labels):
            for label in np.unique(synthetic.labels).tolist():
                self._of_class[label] = np.flatnonzero(synthetic.labels == label)
            own = synthetic.labels == mixture.labels[synthetic.parents]
            for parent in np.unique(synthetic.parents[(synthetic.parents >= 0) & own]).tolist():
                self._of_parent[parent] = np.flatnonzero((synthetic.parents == parent) & own)

    def draw(self, size: int, done: float) -> Batch:
        """The batch for a step of which a share `done` of all came before."""
        rows = self._real_rng.choice(len(self._labels), size, p=self._chances)
        synthetic = np.full(size, -1, np.int64)
        if not self._of_class or done < self._use.start:
            return Batch(rows, synthetic)
        chance, which = self._synthetic_rng.random((2, size))
        for place, row in enumerate(rows.tolist()):
            children, alike = self._of_parent.get(row), self._of_class.get(int(self._labels[row]))
            if children is not None and chance[place] < self._use.replace:
                synthetic[place] = children[int(which[place] * len(children))]
            elif alike is not None and chance[place] >= 1 - self._use.share:
                synthetic[place] = alike[int(which[place] * len(alike))]
        return Batch(rows, synthetic)


def log_prior(labels: NDArray[np.int64], classes: int) -> NDArray[np.float32]:
    """Logarithm of each class's share of the labels; one that has none counts as half a sample."""
    counts = np.maximum(np.bincount(labels, minlength=classes), 0.5)
    return np.asarray(np.log(counts / counts.sum()), np.float32)


def curve(losses: list[float]) -> tuple[float, ...]:
    """The mean of each of at most twenty equal parts."""
    parts = np.array_split(np.array(losses, np.float64), min(PARTS, len(losses))) if losses else []
    return tuple(round(float(part.mean()), 5) for part in parts)
