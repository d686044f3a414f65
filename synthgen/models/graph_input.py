"""Graphs as a network takes them: equally many places for nodes, a matrix of edges, and columns of numbers a node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synthgen.models.graph import Graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MOST_KINDS = 32
DEGREES = 8
FARTHEST = 5.0


@dataclass(frozen=True, slots=True)
class Columns:
    """What the training graphs carry: numbers of kinds of nodes and edges, mean and spread of each feature, and places
    for as many nodes as the largest has, up to the limit of the network."""

    places: int
    node_kinds: int
    edge_kinds: int
    mean: list[float]
    spread: list[float]

    @property
    def count(self) -> int:
        """Numbers that the network sees of a node."""
        return self.node_kinds + len(self.mean) + DEGREES + self.edge_kinds


def columns_of(graphs: Sequence[Graph], most_nodes: int) -> Columns:
    """The columns that all training graphs have."""
    kinds = [g.node_kinds for g in graphs if g.node_kinds is not None and g.nodes]
    bonds = [g.edge_kinds for g in graphs if g.edge_kinds is not None and g.size]
    widths = {0 if g.node_features is None else g.node_features.shape[1] for g in graphs}
    mean, spread = np.zeros(0), np.zeros(0)
    if (width := min(widths)) > 0:
        every = np.concatenate([g.node_features[:, :width] for g in graphs if g.node_features is not None])
        mean, spread = every.mean(0, dtype=np.float64), np.maximum(every.std(0, dtype=np.float64), 1e-6)
    return Columns(
        int(min(most_nodes, -(-max(g.nodes for g in graphs) // 16) * 16)),
        min(MOST_KINDS, 1 + max((int(k.max()) for k in kinds), default=-1)),
        min(MOST_KINDS, 1 + max((int(k.max()) for k in bonds), default=-1)),
        mean.round(6).tolist(),
        spread.round(6).tolist(),
    )


class Seen(NamedTuple):
    """Graphs side by side: nodes (n, places, columns), edges (n, places, places), which places are filled
    (n, places)."""

    nodes: Floats
    edges: Floats
    filled: Floats


def seen(graphs: Sequence[Graph], columns: Columns) -> Seen:
    """Graphs as arrays of one shape; of larger ones only the first nodes."""
    n, p = len(graphs), columns.places
    out = Seen(
        np.zeros((n, p, columns.count), np.float32),
        np.zeros((n, p, p), np.float32),
        np.zeros((n, p), np.float32),
    )
    for i, graph in enumerate(graphs):
        one = graph.take(np.arange(p)) if graph.nodes > p else graph
        k = one.nodes
        out.filled[i, :k] = 1
        out.nodes[i, :k] = node_columns(one, columns)
        a, b = one.edges
        out.edges[i, a, b] = out.edges[i, b, a] = 1
    return out


def node_columns(graph: Graph, columns: Columns) -> Floats:
    """Kind, features in standard deviations, degree, and how many edges of each kind: float32 (nodes, columns)."""
    n, width = graph.nodes, len(columns.mean)
    parts = np.zeros((n, columns.count), np.float32)
    if graph.node_kinds is not None and columns.node_kinds:
        parts[np.arange(n), np.minimum(graph.node_kinds, columns.node_kinds - 1)] = 1
    at = columns.node_kinds
    if graph.node_features is not None and width and graph.node_features.shape[1] >= width:
        level = (graph.node_features[:, :width] - np.array(columns.mean)) / np.array(columns.spread)
        parts[:, at : at + width] = level.clip(-FARTHEST, FARTHEST)
    at += width
    parts[np.arange(n), at + np.minimum(graph.degrees(), DEGREES - 1)] = 1
    at += DEGREES
    if graph.edge_kinds is not None and columns.edge_kinds:
        kinds = at + np.minimum(graph.edge_kinds, columns.edge_kinds - 1)
        for end in graph.edges:
            np.add.at(parts, (end, kinds), 0.5)
    return parts
