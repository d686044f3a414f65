"""Labelled graphs in the text files of the TUDatasets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import PositiveInt

from synthgen.errors import SourceError, UnreadableItem
from synthgen.reader import Found, Quarantined, Reader, Split

if TYPE_CHECKING:
    from synthgen.models.graph import Graph
    from synthgen.models.graph_tables import Tables

NAMES: dict[Split, tuple[str, ...]] = {"train": ("train",), "holdout": ("test", "holdout"), "pool": ("pool",)}


class Tudataset(Reader):
    """Graphs of `NAME_A.txt`, `NAME_graph_indicator.txt`, `NAME_graph_labels.txt` and, where they are there,
    `NAME_node_labels.txt`, `NAME_edge_labels.txt`, `NAME_node_attributes.txt`, `NAME_edge_attributes.txt`, in a folder
    or in `raw` below it. A class is a graph's label exactly as written.

    Payload: a graph (`models/graph.Graph`), undirected: an edge that stands there both ways is one. Quarantined: graphs
    with edges to nodes of other graphs, NaN, no nodes, too many nodes, and, as the settings say, self-loops, doubled
    edges, none at all, or several parts. Source: Morris et al. 2020 (TUDataset).
    """

    modality: ClassVar[str] = "graph"
    listing: ClassVar[frozenset[str]] = frozenset({"splits", "max_nodes", "loops", "empty", "disconnected"})

    splits: str | None = None
    """A JSON file in the folder that lists the positions, from 0, of the graphs of `train`, `test` and `pool`; all are
    train if left out."""
    loops: Literal["quarantine", "remove"] = "remove"
    """What is done with edges from a node to itself, and with edges that stand there more than once."""
    empty: Literal["quarantine", "keep"] = "quarantine"
    """What is done with graphs that have no edge."""
    disconnected: Literal["quarantine", "keep"] = "keep"
    """What is done with graphs of several parts."""
    max_nodes: PositiveInt = 10_000

    def own_splits(self) -> tuple[Split, ...]:
        return ("train", "holdout", "pool") if self.splits else ()

    def items(self, root: Path | None, split: Split) -> Iterator[Found | Quarantined]:
        tables = _tables(_folder(root, split))
        for i in self._positions(root or Path(), split, len(tables.labels)):
            yield Found(f"graph/{i}", tables.labels[i])

    def _positions(self, root: Path, split: Split, count: int) -> Sequence[int]:
        if self.splits is None:
            return range(count)
        path = root / self.splits
        try:
            said = json.loads(path.read_text("utf-8"))
            lists = [said[name] for name in NAMES[split] if name in said]
            positions = [int(i) for i in (lists[0] if lists else [])]
        except (OSError, ValueError, TypeError) as error:
            raise SourceError(
                f"[source] splits = {self.splits!r} cannot be read in {str(root)!r}: {error}."
            ) from error
        if wrong := [i for i in positions if not 0 <= i < count]:
            raise SourceError(f"{path.name} names graph {wrong[0]} for {split}; there are 0 to {count - 1}.")
        return positions

    def raw(self, root: Path | None, place: str) -> bytes:
        kind, _, number = place.partition("/")
        try:
            folder = _folder(root, "train")
        except SourceError as error:
            raise UnreadableItem(str(error)) from None
        tables = _tables(folder)
        if kind != "graph" or not number.isdigit() or int(number) >= len(tables.labels):
            raise UnreadableItem("the files have no such graph")
        return tables.raw(int(number))

    def decode(self, raw: bytes) -> Graph:
        from synthgen.models import graph_tables

        try:
            return graph_tables.graph_of(
                raw, remove=self.loops == "remove", empty=self.empty == "keep",
                disconnected=self.disconnected == "keep", most_nodes=self.max_nodes,
            )  # fmt: skip
        except ValueError as error:
            raise UnreadableItem(str(error)) from error

    def glance(self, raw: bytes) -> None:
        self.decode(raw)

    def write_specimen(self, folder: Path, samples: Sequence[tuple[str, Any]]) -> Path:
        from synthgen.models import graph_tables

        graph_tables.write(folder, "SAMPLE", samples)
        return folder


def _folder(root: Path | None, split: Split) -> Path:
    """The folder with the files. Raises SourceError where there is none."""
    for folder in (root or Path(), (root or Path()) / "raw"):
        if any(folder.glob("*_graph_indicator.txt")):
            return folder
    raise SourceError(
        f"the {split} folder {str(root)!r} holds no NAME_graph_indicator.txt, and none in raw/. Name a folder with the "
        "text files of a TUDataset: --set source.path=FOLDER."
    )


def _tables(folder: Path) -> Tables:
    stamps = tuple((p.name, p.stat().st_mtime_ns, p.stat().st_size) for p in sorted(folder.glob("*.txt")))
    return _read(str(folder), stamps)


@lru_cache(maxsize=4)
def _read(folder: str, stamps: tuple[tuple[str, int, int], ...]) -> Tables:
    """All tables of a folder, read once; again only where a file changed."""
    from synthgen.models import graph_tables

    try:
        return graph_tables.read(Path(folder))
    except (OSError, ValueError) as error:
        raise SourceError(f"the graphs in {folder!r} cannot be read: {error}.") from error


PLUGIN = Tudataset
