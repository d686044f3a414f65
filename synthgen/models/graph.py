"""What a graph is: nodes and edges, with what each of them carries."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """`nodes` nodes, 0 to nodes - 1, and edges, int32 (2, m); arrays are not to be written to.

    An undirected edge stands there once, with the lower node first; edges are sorted by both ends. Kinds are int32
    codes, (nodes,) and (m,); features float32, (nodes, d) and (m, k); None where the source has none.
    """

    nodes: int
    edges: np.ndarray
    node_kinds: np.ndarray | None = None
    edge_kinds: np.ndarray | None = None
    node_features: np.ndarray | None = None
    edge_features: np.ndarray | None = None
    directed: bool = False

    def __len__(self) -> int:
        return self.nodes

    @property
    def size(self) -> int:
        """How many edges there are."""
        return int(self.edges.shape[1])

    def degrees(self) -> np.ndarray:
        """Edges at each node, int64 (nodes,); of a directed graph those that come and those that go."""
        return np.bincount(self.edges.ravel(), minlength=self.nodes)

    def with_edges(
        self, edges: np.ndarray, kinds: np.ndarray | None = None, features: np.ndarray | None = None
    ) -> Graph:
        """The same nodes with other edges (2, m), in any order, none twice."""
        ends = np.asarray(edges, np.int32).reshape(2, -1)
        if not self.directed:
            ends = np.sort(ends, axis=0)
        order = np.lexsort((ends[1], ends[0]))
        return replace(
            self,
            edges=ends[:, order],
            edge_kinds=None if kinds is None else np.asarray(kinds, np.int32)[order],
            edge_features=None if features is None else np.asarray(features, np.float32)[order],
        )

    def keep_edges(self, which: np.ndarray) -> Graph:
        """Only some of the edges: a mask (m,) or sorted positions."""
        return replace(
            self,
            edges=self.edges[:, which],
            edge_kinds=None if self.edge_kinds is None else self.edge_kinds[which],
            edge_features=None if self.edge_features is None else self.edge_features[which],
        )

    def take(self, rows: np.ndarray) -> Graph:
        """The graph of some of its nodes (k,), in that order and numbered anew, and the edges between them."""
        new = np.full(self.nodes, -1, np.int32)
        new[rows] = np.arange(len(rows), dtype=np.int32)
        ends = new[self.edges]
        inside = (ends >= 0).all(0)
        kept = self.keep_edges(inside)
        nodes = replace(
            kept,
            nodes=len(rows),
            node_kinds=None if self.node_kinds is None else self.node_kinds[rows],
            node_features=None if self.node_features is None else self.node_features[rows],
        )
        return nodes.with_edges(ends[:, inside], kept.edge_kinds, kept.edge_features)

    def components(self) -> np.ndarray:
        """Which connected part each node belongs to, int32 (nodes,), whatever way edges point."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        ones = np.ones(self.size, np.int8)
        found = coo_array((ones, (self.edges[0], self.edges[1])), shape=(self.nodes, self.nodes))
        return np.asarray(connected_components(found, directed=False)[1])
