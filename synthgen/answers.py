"""Raw answers of models that never answer twice alike: kept by the hash of what was asked, so that all else repeats."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from synthgen import durable
from synthgen.errors import DatasetError
from synthgen.seeds import canonical, sha256


class Answer(NamedTuple):
    """What came back, word for word. `usage` counts what it took (`tokens_in`, `tokens_out`, `money`, ...); `fault`
    says why the model refused this one question for good."""

    text: str
    usage: Mapping[str, float] = {}
    fault: str = ""


class Answers:
    """Answers by key: in `folder`, each a file that appears whole before `keep` returns, or in memory without one.

    A killed run loses none; a power cut may take the last ones, which are asked again, until `hashes` has synced them.

    With `named`, the hashes that a version names, nothing is asked any more: an answer that is missing or changed is
    a DatasetError.
    """

    def __init__(self, folder: Path | None = None, named: Mapping[str, str] | None = None) -> None:
        self._folder, self._named = folder, named
        self._held: dict[str, bytes] = {}
        self._spent: dict[str, float] | None = None
        self._counting = threading.Lock()
        self.asking = threading.Lock()
        """Held while something is asked, so that no two shards ask the same."""

    @property
    def folder(self) -> Path | None:
        """Where the answers lie, if not in memory."""
        return self._folder

    def __contains__(self, key: str) -> bool:
        if self._folder is None:
            return key in self._held
        try:
            return self._path(key).stat().st_size > 0  # a power cut leaves names without content
        except OSError:
            return False

    def __iter__(self) -> Iterator[str]:
        return iter(self._held if self._folder is None else (p.stem for p in self._folder.glob("??/*.json")))

    def __getitem__(self, key: str) -> Answer:
        said: dict[str, Any] = json.loads(self._read(key))
        return Answer(**said)

    def keep(self, key: str, answer: Answer) -> None:
        """Keep an answer; one that is there already stays, because samples may have been made from it."""
        if key in self:
            return
        data = canonical(answer._asdict())
        if self._folder is None:
            self._held[key] = data
        else:
            with durable.writing_to(self._folder.parent):
                durable.write(self._path(key), data, synced=False)
        with self._counting:
            if self._spent is not None:
                _add(self._spent, answer.usage)

    def unanswered(self, keys: Iterable[str]) -> list[str]:
        """The keys that nobody has answered, each once. DatasetError where a version should have kept them."""
        missing = [key for key in dict.fromkeys(keys) if key not in self]
        if missing and self._named is not None:
            raise DatasetError(
                f"the answer {missing[0]} of a remote model is not in {self._folder}: what was made from it cannot "
                f"be made again. Restore it from a backup."
            )
        return missing

    def hashes(self, keys: Iterable[str]) -> dict[str, str]:
        """SHA-256 of each answer as it is kept; all of them are on the disk when this returns."""
        keys = set(keys)
        if self._folder is not None:
            for path in {p for key in keys for p in (self._path(key), self._path(key).parent, self._folder)}:
                durable.sync(path)
        return {key: sha256(self._read(key)) for key in sorted(keys)}

    def usage(self, keys: Iterable[str]) -> dict[str, float]:
        """What these answers took, in sum."""
        total: dict[str, float] = {}
        for key in keys:
            _add(total, self[key].usage)
        return total

    def spent(self) -> dict[str, float]:
        """What all answers took, in sum; they are read once."""
        with self._counting:
            if self._spent is None:
                self._spent = self.usage(self)
            return dict(self._spent)

    def _path(self, key: str) -> Path:
        return (self._folder or Path()) / key[:2] / f"{key}.json"

    def _read(self, key: str) -> bytes:
        try:
            data = self._held[key] if self._folder is None else self._path(key).read_bytes()
        except (OSError, KeyError) as error:
            raise DatasetError(f"the answer {key} of a remote model is missing: {error}.") from error
        if self._named is not None and self._named.get(key) != sha256(data):
            raise DatasetError(f"the answer {key} of a remote model is not the one that was published.")
        return data


def _add(total: dict[str, float], usage: Mapping[str, float]) -> None:
    for unit, n in usage.items():
        total[unit] = total.get(unit, 0) + n
