"""What thieves and accidents do to graphs, for testing the filters that should notice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from synthgen.models.graph import Graph


def reindexed(graph: Graph, rng: np.random.Generator) -> Graph:
    """The same graph with its nodes in another order."""
    return graph.take(rng.permutation(graph.nodes))


def disguises(graph: Graph, rng: np.random.Generator) -> dict[str, Graph]:
    """The same graph in another order, its features a little off where it has some."""
    other = reindexed(graph, rng)
    found = {"in another order": other}
    if other.node_features is not None:
        noise = 1 + 0.01 * rng.standard_normal(other.node_features.shape)
        found["with noise"] = replace(other, node_features=(other.node_features * noise).astype(np.float32))
    return found


def scrambled(graph: Graph, rng: np.random.Generator) -> Graph:
    """Every edge between two nodes that are drawn by chance."""
    wanted = min(graph.size, graph.nodes * (graph.nodes - 1) // 2)
    pairs: dict[tuple[int, int], None] = {}
    while len(pairs) < wanted:
        a, b = sorted(rng.integers(0, graph.nodes, 2).tolist())
        if a != b:
            pairs[a, b] = None
    edges = np.array(list(pairs), np.int32).reshape(-1, 2).T
    kinds = None if graph.edge_kinds is None else graph.edge_kinds[: edges.shape[1]]
    features = None if graph.edge_features is None else graph.edge_features[: edges.shape[1]]
    return graph.with_edges(edges, kinds, features)


def emptied(graph: Graph) -> Graph:
    """Its nodes without an edge, and all alike."""
    bare = graph.keep_edges(np.zeros(graph.size, bool))
    features = None if graph.node_features is None else np.zeros_like(graph.node_features)
    kinds = None if graph.node_kinds is None else np.zeros_like(graph.node_kinds)
    return replace(bare, node_features=features, node_kinds=kinds)


def oddities(rng: np.random.Generator) -> list[Graph]:
    """Two nodes; a path; a star; a clique; two parts; a large sparse one; a directed one; one with edge features."""
    clique = np.array([(i, j) for i in range(9) for j in range(i + 1, 9)]).T
    path = np.stack([np.arange(30), np.arange(1, 31)])
    star = np.stack([np.zeros(40, int), np.arange(1, 41)])
    rich = specimen(rng)
    return [
        Graph(2, np.array([[0], [1]], np.int32)),
        Graph(31, path.astype(np.int32)),
        Graph(41, star.astype(np.int32)),
        Graph(9, clique.astype(np.int32)),
        Graph(62, np.concatenate([path, path + 31], 1).astype(np.int32)),
        Graph(300, np.stack([np.arange(299) // 2, np.arange(1, 300)]).astype(np.int32)),
        replace(Graph(31, path.astype(np.int32)), directed=True),
        replace(rich, edge_features=rng.random((rich.size, 2)).astype(np.float32)),
    ]


def specimen(rng: np.random.Generator) -> Graph:
    """A ring with a few branches and chords, three kinds of nodes, two of edges, four features."""
    ring, more = int(rng.integers(7, 12)), int(rng.integers(5, 12))
    pairs = {(i, i + 1) for i in range(ring - 1)} | {(0, ring - 1)}
    for k in range(ring, ring + more):
        pairs.add((int(rng.integers(0, k)), k))
    a, b = sorted(rng.permutation(ring)[:2].tolist())
    pairs.add((a, b))
    n, edges = ring + more, np.array(sorted(pairs), np.int32).T
    kinds = rng.integers(0, 3, n).astype(np.int32)
    features = (rng.standard_normal((n, 4)) + kinds[:, None]).astype(np.float32)
    bonds = np.asarray(rng.integers(0, 2, edges.shape[1]), np.int32)
    whole = Graph(n, edges, kinds, bonds, features)
    return whole.with_edges(whole.edges, whole.edge_kinds)
