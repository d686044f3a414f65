"""What a source holds: items whose payloads are loaded when they are looked at."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from synthgen.errors import SourceError, UnreadableItem
from synthgen.reader import Item, Quarantined, Reader, Split
from synthgen.sample import Sample
from synthgen.seeds import hash_of, sha256

CACHE_BYTES = 256 * 2**20
_AGAIN = "Run again: the source is read anew"


@dataclass(frozen=True)
class Index:
    """All items of a source by split, what was quarantined, and how to load a payload. Balanced by `read`."""

    reader: Reader
    roots: dict[Split, Path | None]
    items: dict[Split, tuple[Item, ...]]
    quarantined: tuple[Quarantined, ...]
    listed: int
    licence: str = ""
    _cache: _Payloads = field(default_factory=lambda: _Payloads(CACHE_BYTES), repr=False, compare=False)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Classes of the train split, sorted."""
        return tuple(sorted(self.by_label))

    @cached_property
    def by_label(self) -> dict[str, tuple[Item, ...]]:
        """Train items of each class, sorted by id."""
        sorted_items = sorted(self.items["train"], key=lambda item: item.id)
        labels = sorted({item.label for item in sorted_items if item.label is not None})
        return {label: tuple(i for i in sorted_items if i.label == label) for label in labels}

    @cached_property
    def by_id(self) -> dict[str, Item]:
        """Train items by id: nothing else may become a parent."""
        return {item.id: item for item in self.items["train"]}

    @cached_property
    def digest(self) -> str:
        """Hash of ids and labels of all splits."""
        return self.digest_of(self.items)

    def digest_of(self, splits: Iterable[Split]) -> str:
        """Hash of ids and labels of some splits, named."""
        return hash_of({s: sorted((i.id, i.label) for i in self.items.get(s, ())) for s in splits})

    def split_digest(self, split: Split) -> str:
        """Hash of ids and labels of one split: what a model learnt from."""
        return hash_of(sorted((i.id, i.label) for i in self.items.get(split, ())))

    def counts(self, split: Split) -> dict[str, int]:
        """Items a class."""
        return dict(sorted(Counter(str(item.label) for item in self.items.get(split, ())).items()))

    def samples(self, split: Split) -> list[Sample]:
        """Items as samples, in the order of their ids."""
        return [self.sample(item) for item in sorted(self.items.get(split, ()), key=lambda item: item.id)]

    def sample(self, item: Item) -> Sample:
        """One item as a sample whose payload is loaded when read."""
        return Sample(
            id=item.id, modality=self.reader.modality, label=item.label, load=lambda: self.payload(item),
            annotations=item.annotations, split=item.split, licence=self.licence,
        )  # fmt: skip

    def raw(self, item: Item) -> bytes:
        """The item's bytes as the user keeps them. SourceError if they are not those that were listed."""
        try:
            raw = self.reader.raw(self.roots[item.home or item.split], item.place)
        except UnreadableItem as error:
            raise SourceError(
                f"the source item {item.place!r} changed while the run worked: {error}. {_AGAIN}."
            ) from error
        if sha256(raw) != item.sha256:
            raise SourceError(f"the source item {item.place!r} changed while the run worked. {_AGAIN}.")
        return raw

    def payload(self, item: Item) -> Any:
        """The item's payload, from memory if it was read a short while ago."""
        return self._cache.get(item.id, lambda: self.reader.decode(self.raw(item)))


class _Payloads:
    """The payloads read last, up to a number of bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most, self._used, self._lock = most_bytes, 0, threading.Lock()
        self._held: OrderedDict[str, tuple[Any, int]] = OrderedDict()

    def get(self, key: str, load: Any) -> Any:
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key][0]
        payload = load()
        size = int(getattr(payload, "nbytes", 0) or len(repr(payload)))
        with self._lock:
            if key not in self._held:
                self._held[key] = (payload, size)
                self._used += size
            while self._used > self._most and len(self._held) > 1:
                self._used -= self._held.popitem(last=False)[1][1]
        return payload

    def __reduce__(self) -> tuple[Any, ...]:
        return _Payloads, (self._most,)
