"""How different samples are from each other: numbers for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def vendi(vectors: np.ndarray) -> float:
    """The effective number of different samples among unit vectors (n, d): 1 if all are the same, n if orthogonal.

    Source: Friedman and Dieng 2023 (the Vendi score), by the d by d Gram matrix where that is smaller.
    """
    import numpy as np

    if len(vectors) == 0:
        return 0.0
    x = np.asarray(vectors, np.float64)
    gram = x.T @ x if x.shape[1] < len(x) else x @ x.T
    values = np.linalg.eigvalsh(gram / len(x))
    values = values[values > 1e-12]
    values /= values.sum()
    return float(np.exp(-(values * np.log(values)).sum()))


def mean_distance(vectors: np.ndarray) -> float:
    """Mean of 1 - cosine over all pairs of unit vectors (n, d), in closed form from their sum."""
    import numpy as np

    n = len(vectors)
    if n < 2:
        return 0.0
    total = np.asarray(vectors, np.float64).sum(0)
    return float(1 - (total @ total - n) / (n * (n - 1)))


def coverage_and_density(real: np.ndarray, others: np.ndarray, k: int = 5) -> tuple[float, float]:
    """How well others lie where the real ones are, both unit vectors (n, d).

    A real sample reaches as far as its k-th nearest real neighbour. Coverage: the share of real samples that others
    lie within reach of. Density: how many real samples reach another, over k; near 1 for others that are like real.
    Source: Naeem et al. 2020 (PRDC). With k or fewer real samples, k is one less than there are.
    """
    import numpy as np

    k = min(k, len(real) - 1)
    if k < 1 or not len(others):
        return 0.0, 0.0
    a, b = np.asarray(real, np.float64), np.asarray(others, np.float64)
    among = a @ a.T
    np.fill_diagonal(among, -np.inf)
    reach = -np.partition(-among, k - 1, axis=1)[:, k - 1]
    inside = (a @ b.T) >= reach[:, None] - 1e-9
    return float(inside.any(1).mean()), float(inside.sum() / (k * len(b)))
