"""Which point of one cloud goes with which of another, so that little way lies between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK = 256
"""Points matched optimally at once: the cost grows with the cube."""


def matched(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.int64]:
    """For each point of a (n, 3) the position of its own one in b (n, 3), each taken once.

    Up to 256 points the sum of squared ways is the least possible (Kuhn 1955); larger clouds are first cut in halves of
    equally many points, both along the axis in which they are longest together, until their parts are that small.
    """
    out = np.empty(len(a), np.int64)
    _match(np.asarray(a, np.float64), np.asarray(b, np.float64), np.arange(len(a)), np.arange(len(b)), out)
    return out


def _match(
    a: NDArray[np.float64], b: NDArray[np.float64], rows: NDArray[np.int64], others: NDArray[np.int64],
    out: NDArray[np.int64],
) -> None:  # fmt: skip
    if len(rows) <= BLOCK:
        from scipy.optimize import linear_sum_assignment
        from scipy.spatial.distance import cdist

        left, right = linear_sum_assignment(cdist(a[rows], b[others], "sqeuclidean"))
        out[rows[left]] = others[right]
        return
    axis = int(np.argmax(np.ptp(a[rows], axis=0) + np.ptp(b[others], axis=0)))
    half = len(rows) // 2
    one = rows[np.argsort(a[rows, axis], kind="stable")]
    two = others[np.argsort(b[others, axis], kind="stable")]
    _match(a, b, one[:half], two[:half], out)
    _match(a, b, one[half:], two[half:], out)
