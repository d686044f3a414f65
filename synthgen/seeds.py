"""Random generators and content hashes from keys: the only place that makes either."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import numpy as np
    import torch

_INIT = threading.Lock()


def canonical(value: Any) -> bytes:
    """JSON of `value` with sorted keys and no spaces: equal values, equal bytes."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    if hasattr(value, "item"):  # a numpy number
        return value.item()
    raise TypeError(f"{type(value).__name__} is no JSON value")


def sha256(value: bytes | str) -> str:
    """Hex SHA-256 of bytes, or of text as UTF-8."""
    return hashlib.sha256(value.encode() if isinstance(value, str) else value).hexdigest()


def hash_of(*key: Any) -> str:
    """Hex SHA-256 of JSON-safe values."""
    return sha256(canonical(key))


def numpy_rng(*key: Any) -> np.random.Generator:
    """A numpy generator that depends on the key alone."""
    import numpy as np

    return np.random.Generator(
        np.random.Philox(key=int.from_bytes(hashlib.sha256(canonical(key)).digest()[:16]))
    )


def torch_rng(*key: Any, device: str = "cpu") -> torch.Generator:
    """A torch generator that depends on the key alone."""
    import torch

    seed = int.from_bytes(hashlib.sha256(canonical(key)).digest()[:8]) >> 1
    return torch.Generator(device).manual_seed(seed)


@contextmanager
def torch_init(*key: Any) -> Iterator[None]:
    """Initialise network parameters repeatably: torch's initialisers know the global generator only.

    Other threads that initialise wait, and the global state is put back afterwards.
    """
    import torch

    with _INIT, torch.random.fork_rng(devices=[]):
        torch.manual_seed(int.from_bytes(hashlib.sha256(canonical(key)).digest()[:8]) >> 1)
        yield


def file_sha256(path: Path) -> str:
    """Hex SHA-256 of a file, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def folder_sha256(folder: Path) -> str:
    """Hex SHA-256 over the sorted relative paths and contents of all files in a folder; hidden files don't count."""
    files = sorted(
        p for p in folder.rglob("*")
        if p.is_file() and not any(part.startswith(".") for part in p.relative_to(folder).parts)
    )  # fmt: skip
    return hash_of(*[(p.relative_to(folder).as_posix(), file_sha256(p)) for p in files])
