"""Drawn graphs of known make, for demonstrations and tests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, field_validator

from synthgen.errors import UnreadableItem
from synthgen.reader import Found, Quarantined, Reader, Split
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    from synthgen.models.graph import Graph

NETS = ("hubs", "lattice", "random", "small_world", "tree")
PLACE = re.compile(r"([a-z_]+)/(train|holdout|pool)/([0-9]{4})")


class Nets(Reader):
    """Graphs that grow hubs (Barabási and Albert 1999), lattices, random graphs (Erdős and Rényi 1959), small worlds
    (Watts and Strogatz 1998) and trees, 18 to 40 nodes.

    Payload: a connected graph (`models/graph.Graph`); kinds of nodes say whether they are leaves, hubs or neither.
    Source: networkx, drawn here; every split has graphs of its own.
    """

    modality: ClassVar[str] = "graph"
    takes_path: ClassVar[bool] = False
    listing: ClassVar[frozenset[str]] = frozenset({"per_class", "cut", "holdout_per_class"})

    per_class: Annotated[int, Field(ge=1, le=9999)] = 24
    cut: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """Train graphs left in a class; the pool holds the others."""
    holdout_per_class: Annotated[int, Field(ge=0, le=9999)] = 12
    seed: int = 0

    @field_validator("cut")
    @classmethod
    def _names_nets(cls, value: dict[str, int]) -> dict[str, int]:
        if strangers := sorted(set(value) - set(NETS)):
            raise ValueError(
                f"cut names {', '.join(map(repr, strangers))}; the classes are {', '.join(NETS)}"
            )
        return value

    def items(self, root: Path | None, split: Split) -> Iterator[Found | Quarantined]:
        for label in NETS:
            kept = min(self.cut.get(label, self.per_class), self.per_class)
            n = {"train": kept, "pool": self.per_class - kept, "holdout": self.holdout_per_class}[split]
            yield from (Found(f"{label}/{split}/{i:04}", label) for i in range(n))

    def raw(self, root: Path | None, place: str) -> bytes:
        match = PLACE.fullmatch(place)
        if match is None or match[1] not in NETS:
            raise UnreadableItem(f"there is no graph {place!r}")
        return json.dumps([match[1], self.seed, place]).encode()

    def decode(self, raw: bytes) -> Graph:
        from synthgen.models.drawn_net import drawn

        label, seed, place = json.loads(raw)
        return drawn(label, numpy_rng(seed, place))


PLUGIN = Nets
