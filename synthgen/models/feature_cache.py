"""Features of what a frozen network has seen, so that it sees nothing twice."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from threading import Condition
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_BYTES = 2**29
"""From this on the oldest are forgotten: 175,000 vectors of 768."""


class FeatureCache:
    """Vectors by key. Threads that want the same ones at the same time share the work."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes, self._bytes = most_bytes, 0
        self._held: dict[Hashable, NDArray[np.float32]] = {}
        self._claimed: set[Hashable] = set()
        self._changed = Condition()

    def get(
        self, keys: Sequence[Hashable], batch: int, compute: Callable[[list[int]], NDArray[np.float32]]
    ) -> NDArray[np.float32]:
        """Rows (n, d) for the keys. `compute` is given places in `keys`, at most `batch` of them at a time."""
        import numpy as np

        left = {key: i for i, key in enumerate(keys)}
        found: dict[Hashable, NDArray[np.float32]] = {}
        while mine := self._claim(left, found, batch):
            try:
                found |= dict(zip(mine, compute([left.pop(key) for key in mine]), strict=True))
            finally:
                self._settle(mine, found)
        return np.stack([found[key] for key in keys]) if len(keys) else np.zeros((0, 0), np.float32)

    def _claim(
        self, left: dict[Hashable, int], found: dict[Hashable, NDArray[np.float32]], batch: int
    ) -> list[Hashable]:
        """Keys that nobody computes yet, once there are any; what is held moves from `left` to `found` meanwhile."""
        with self._changed:
            while left:
                free: list[Hashable] = []
                for key in list(left):
                    if key in self._held:
                        found[key] = self._held[key]
                        del left[key]
                    elif key not in self._claimed:
                        free.append(key)
                        if len(free) == batch:
                            break
                if free:
                    self._claimed |= set(free)
                    return free
                if left:
                    self._changed.wait()
            return []

    def _settle(self, mine: Sequence[Hashable], found: dict[Hashable, NDArray[np.float32]]) -> None:
        with self._changed:
            self._claimed -= set(mine)
            for key in mine:
                if key in found:
                    self._held[key] = found[key].copy()  # a row of its own: a view would keep its batch
                    self._bytes += found[key].nbytes
            while self._bytes > self._most_bytes and self._held:
                self._bytes -= self._held.pop(next(iter(self._held))).nbytes
            self._changed.notify_all()
