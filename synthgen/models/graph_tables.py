"""The text files of the TUDatasets: one line a node, an edge or a graph, all graphs one after the other."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgen.models.graph import Graph

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Tables:
    """Lines of the files, and where those of each graph stand. Nodes and graphs count from 0."""

    labels: list[str]
    first_node: NDArray[np.int64]
    """Of each graph, and their number at the end."""
    edges_of: list[NDArray[np.int64]]
    edges: NDArray[np.int64]
    lines: dict[str, list[str]]

    def raw(self, i: int) -> bytes:
        """What the files say of a graph, as JSON; its nodes count from 0."""
        low, high = int(self.first_node[i]), int(self.first_node[i + 1])
        rows = self.edges_of[i]
        said: dict[str, Any] = {"nodes": high - low, "edges": (self.edges[rows] - low).tolist()}
        for name in ("node_labels", "node_attributes"):
            if name in self.lines:
                said[name] = self.lines[name][low:high]
        for name in ("edge_labels", "edge_attributes"):
            if name in self.lines:
                said[name] = [self.lines[name][row] for row in rows]
        return json.dumps(said, separators=(",", ":")).encode()


def read(folder: Path) -> Tables:
    """All files. Raises ValueError where they don't fit each other."""
    (indicator,) = sorted(folder.glob("*_graph_indicator.txt"))[:1]
    name = indicator.name.removesuffix("_graph_indicator.txt")
    graph_of_node = np.array(_lines(indicator), np.int64)
    labels = _lines(folder / f"{name}_graph_labels.txt")
    count = len(labels)
    if len(graph_of_node) and (np.diff(graph_of_node) < 0).any():
        raise ValueError(f"{indicator.name}: nodes of one graph do not follow each other")
    if len(graph_of_node) and not 1 <= graph_of_node[0] <= graph_of_node[-1] <= count:
        raise ValueError(f"{indicator.name} names graph {int(graph_of_node[-1])}, there are {count} labels")
    first_node = np.searchsorted(graph_of_node, np.arange(1, count + 2))
    pairs = [line.split(",") for line in _lines(folder / f"{name}_A.txt")]
    edges = np.array(pairs, np.int64).reshape(-1, 2) - 1
    if edges.size and not 0 <= edges[:, 0].min() <= edges[:, 0].max() < len(graph_of_node):
        raise ValueError(
            f"{name}_A.txt: an edge begins at node {int(edges[:, 0].max()) + 1}, which is not there"
        )
    owner = graph_of_node[edges[:, 0]] - 1 if edges.size else np.zeros(0, np.int64)
    order = np.argsort(owner, kind="stable")
    ends = np.searchsorted(owner[order], np.arange(count + 1))
    lines = {}
    for what, expected in (
        ("node_labels", len(graph_of_node)), ("node_attributes", len(graph_of_node)), ("edge_labels", len(edges)),
        ("edge_attributes", len(edges)),
    ):  # fmt: skip
        path = folder / f"{name}_{what}.txt"
        if path.is_file():
            lines[what] = _lines(path)
            if len(lines[what]) != expected:
                raise ValueError(f"{path.name} has {len(lines[what]):,} lines, {expected:,} are expected")
    return Tables(labels, first_node, [order[a:b] for a, b in itertools.pairwise(ends)], edges, lines)


def _lines(path: Path) -> list[str]:
    return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]


def graph_of(raw: bytes, *, remove: bool, empty: bool, disconnected: bool, most_nodes: int) -> Graph:
    """The graph of what the files say. Raises ValueError with what is wrong with it."""
    said = json.loads(raw)
    n = said["nodes"]
    if not 0 < n <= most_nodes:
        raise ValueError(f"the graph has {n:,} nodes, from 1 to max_nodes = {most_nodes:,} are read")
    edges = np.array(said["edges"], np.int64).reshape(-1, 2).T
    if edges.size and not 0 <= edges.min() <= edges.max() < n:
        raise ValueError("an edge leads to a node of another graph, or to none")
    loops, pairs = edges[0] == edges[1], np.sort(edges, axis=0)
    _, first, times = np.unique(pairs[0] * n + pairs[1], return_index=True, return_counts=True)
    same_way = len({(a, b) for a, b in edges.T.tolist()}) < edges.shape[1]
    if not remove and (loops.any() or same_way or times.max(initial=0) > 2):
        raise ValueError('it has self-loops or doubled edges; loops = "remove" would take them out')
    kept = first[~loops[first]]
    node = _columns(said.get("node_labels"), said.get("node_attributes"), n, "node")
    edge = _columns(said.get("edge_labels"), said.get("edge_attributes"), edges.shape[1], "edge")
    bare = Graph(n, np.zeros((2, 0), np.int32), node[0], None, node[1])
    graph = bare.with_edges(
        pairs[:, kept], None if edge[0] is None else edge[0][kept], None if edge[1] is None else edge[1][kept]
    )
    if not graph.size and not empty:
        raise ValueError('the graph has no edge; empty = "keep" would read it')
    if not disconnected and len(np.unique(graph.components())) > 1:
        raise ValueError('the graph has several parts; disconnected = "keep" would read it')
    return graph


def _columns(
    kinds: list[str] | None, attributes: list[str] | None, n: int, what: str
) -> tuple[NDArray[np.int32] | None, NDArray[np.float32] | None]:
    """Codes (n,) and numbers (n, d) of lines. Further codes in a line count as numbers."""
    codes, parts = None, []
    if kinds is not None:
        rows = np.array([line.split(",") for line in kinds], np.float64).reshape(n, -1)
        codes = rows[:, 0].astype(np.int32)
        if (codes != rows[:, 0]).any() or (codes < 0).any():
            raise ValueError(f"a {what} label is no whole number from 0 on")
        parts += [rows[:, 1:]] if rows.shape[1] > 1 else []
    if attributes is not None:
        try:
            parts.append(np.array([line.split(",") for line in attributes], np.float64).reshape(n, -1))
        except ValueError:
            raise ValueError(f"the {what} attributes are not equally many numbers in each line") from None
    if not parts:
        return codes, None
    numbers = np.concatenate(parts, 1).astype(np.float32)
    if not np.isfinite(numbers).all():
        raise ValueError(f"the {what} attributes hold NaN or infinite values")
    return codes, numbers


def write(folder: Path, name: str, samples: Sequence[tuple[str, Graph]]) -> None:
    """Labelled graphs as such files; all carry what the first one carries."""
    tables: dict[str, list[str]] = {key: [] for key in ("A", "graph_indicator", "graph_labels")}
    before = 1
    for i, (label, graph) in enumerate(samples):
        tables["graph_labels"].append(label)
        tables["graph_indicator"] += [str(i + 1)] * graph.nodes
        both = np.concatenate([graph.edges, graph.edges[::-1]], 1) + before
        tables["A"] += [f"{a}, {b}" for a, b in both.T.tolist()]
        for key, values, times in (
            ("node_labels", graph.node_kinds, 1), ("node_attributes", graph.node_features, 1),
            ("edge_labels", graph.edge_kinds, 2), ("edge_attributes", graph.edge_features, 2),
        ):  # fmt: skip
            if values is not None:
                rows = values.reshape(len(values), -1).tolist() * times
                tables.setdefault(key, []).extend(", ".join(repr(v) for v in row) for row in rows)
        before += graph.nodes
    for key, lines in tables.items():
        (folder / f"{name}_{key}.txt").write_text("".join(line + "\n" for line in lines), "utf-8")
