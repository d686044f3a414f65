"""Exact nearest neighbours by matrix products: the same bits for any batch, block or number of threads.

Unit vectors are rounded to whole numbers below 4000 in length, so that every partial sum of a dot product is a whole
number below 2**24, which float32 holds exactly in any order of addition.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SCALE = 4000
BLOCK = 16384
STEPS = 4096
"""To the unit, to which the search of `closest` rounds."""


def rounded(vectors: NDArray[np.floating]) -> NDArray[np.int16]:
    """Unit vectors (n, d) as int16, to be stored and compared by `highest`."""
    return np.rint(np.asarray(vectors, np.float64) * SCALE).astype(np.int16)


def highest(a: NDArray[np.int16], b: NDArray[np.int16], k: int = 1) -> NDArray[np.float32]:
    """The `k` highest cosines (n, k) of each row of `a` among the rows of `b`, highest first; -1 where b has fewer."""
    return _highest(a, b, k) / np.float32(SCALE**2)


def _highest(a: NDArray[np.int16], b: NDArray[np.int16], k: int) -> NDArray[np.float32]:
    left = a.astype(np.float32)
    best = np.full((len(a), k), -(SCALE**2), np.float32)
    for start in range(0, len(b), BLOCK):
        dots = _product(left, b[start : start + BLOCK].astype(np.float32).T)
        top = dots.max(1, keepdims=True) if k == 1 else np.partition(dots, -min(k, dots.shape[1]), 1)[:, -k:]
        best = -np.sort(-np.concatenate([best, top], 1), axis=1)[:, :k]
    return best


def _product(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    with one_core():
        return np.asarray(a @ b)


_LOCK = threading.Lock()
_HELD: list[Any] = []
"""The limit in force, once for each product that runs under it: BLAS has one number of threads for the process."""


@contextmanager
def one_core() -> Iterator[None]:
    """BLAS on one core until all who asked are done: a second thread costs more CPU time than it saves, here."""
    with _LOCK:
        _HELD.append(_HELD[0] if _HELD else _blas().limit(limits=1, user_api="blas"))
    try:
        yield
    finally:
        with _LOCK:
            limit = _HELD.pop()
            if not _HELD:
                limit.restore_original_limits()


@cache
def _blas() -> Any:
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()


def closest(
    a: NDArray[np.floating], b: NDArray[np.floating], k: int = 8
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Of the `k` rows of `b` nearest to each row of `a`, the least largest difference, and which row has it.

    The search is by squared distance of values in whole steps, exact in float64, the answer from the rows themselves.
    Two vectors that differ by at most t anywhere are seldom far by squared distance: a few neighbours are enough.
    """
    left = np.rint(np.asarray(a, np.float64) * STEPS)
    least = np.full((len(a), 0), np.inf)
    rows = np.zeros((len(a), 0), np.int64)
    for start in range(0, len(b), BLOCK):
        right = np.rint(b[start : start + BLOCK].astype(np.float64) * STEPS)
        apart = (right * right).sum(1) - 2 * _product(left, right.T)
        least = np.concatenate([least, apart], 1)
        rows = np.concatenate([rows, np.broadcast_to(start + np.arange(len(right)), apart.shape)], 1)
        if least.shape[1] > k:
            near = np.argpartition(least, k - 1, axis=1)[:, :k]
            least, rows = np.take_along_axis(least, near, 1), np.take_along_axis(rows, near, 1)
    apart = np.abs(a[:, None] - b[rows].astype(np.float32)).max(-1)
    which = apart.argmin(1)[:, None]
    return np.take_along_axis(apart, which, 1)[:, 0], np.take_along_axis(rows, which, 1)[:, 0]


def farthest_first(rows: NDArray[np.int16], count: int, near: NDArray[np.int16] | None = None) -> list[int]:
    """Positions of `count` of the rounded rows (n, d), each the one farthest from those taken and from `near`.

    Source: Gonzalez 1985 (greedy k-center). Ties go to the first.
    """
    x = rows.astype(np.float32)
    nearest = np.full(len(x), -np.inf, np.float32)  # cosine to the nearest one that is taken
    if near is not None and len(near):
        nearest = _highest(rows, near, 1)[:, 0]
    taken: list[int] = []
    with one_core():
        for _ in range(min(count, len(x))):
            at = int(nearest.argmin())
            taken.append(at)
            nearest = np.maximum(nearest, x @ x[at])
            nearest[taken] = np.inf
    return taken


def twins(rows: NDArray[np.int16], cosine: float) -> list[tuple[int, int]]:
    """Pairs of rounded rows, the first one first, whose cosine is above this; in order."""
    x = rows.astype(np.float32)
    return [(int(i), int(j)) for i, j in np.argwhere(np.triu(_product(x, x.T) > cosine * SCALE**2, 1))]


def alike(rows: NDArray[np.int16], others: NDArray[np.int16], cosine: float) -> dict[int, int]:
    """For each rounded row with a cosine above this to one of `others`: which one, the first if there are more."""
    left, found = rows.astype(np.float32), dict[int, int]()
    for start in range(0, len(others), BLOCK):
        above = _product(left, others[start : start + BLOCK].astype(np.float32).T) > cosine * SCALE**2
        for i in np.flatnonzero(above.any(1)):
            found.setdefault(int(i), start + int(above[i].argmax()))
    return found
