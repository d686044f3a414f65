"""Many small byte strings in one temporary file: written once, read back in any order and from any thread."""

from __future__ import annotations

import os
import tempfile
from array import array


class Spool:
    """Byte strings by number. The file has no name and is gone with the spool; 8 bytes of memory are held for each."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile(prefix="synthgen-")  # noqa: SIM115
        self._ends = array("q", [0])

    def add(self, data: bytes) -> None:
        """Append one; `seal` when all are there."""
        self._file.write(data)
        self._ends.append(self._ends[-1] + len(data))

    def seal(self) -> Spool:
        """The spool, ready to be read."""
        self._file.flush()
        return self

    def __del__(self) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, i: int) -> bytes:
        if not 0 <= i < len(self):
            raise IndexError(i)
        start, end = self._ends[i], self._ends[i + 1]
        return os.pread(self._file.fileno(), end - start, start)
