"""What graphs look like as vectors, whatever order their nodes stand in: for likeness, for copies, for disguises."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from synthgen.models.graph import Graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Codes = NDArray[np.uint64]

ROUNDS = 2
BUCKETS = 48
FEATURES = 24
DEGREES = 10
GOLDEN, MIXER = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9)


def _mixed(codes: Codes) -> Codes:
    """Codes scattered over all 64 bits (the mixer of SplitMix64)."""
    with np.errstate(over="ignore"):
        codes = (codes + GOLDEN) * MIXER
        codes = (codes ^ (codes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(codes ^ (codes >> np.uint64(31)))


def colours(graph: Graph, rounds: int = ROUNDS, kinds: bool = True) -> list[Codes]:
    """Colours of the nodes, uint64 (nodes,), after 0, 1, ... rounds: equal where what lies within so many steps is.

    Source: Weisfeiler and Lehman 1968; Shervashidze et al. 2011 (Weisfeiler-Lehman graph kernels), section 3.
    """
    first = np.zeros(graph.nodes, np.uint64)
    if kinds and graph.node_kinds is not None:
        first = graph.node_kinds.astype(np.uint64) + np.uint64(1)
    found = [_mixed(first)]
    bonds = np.zeros(graph.size, np.uint64)
    if kinds and graph.edge_kinds is not None:
        bonds = _mixed(graph.edge_kinds.astype(np.uint64) + np.uint64(7))
    a, b = graph.edges
    for _ in range(rounds):
        now, sums = found[-1], np.zeros(graph.nodes, np.uint64)
        with np.errstate(over="ignore"):
            np.add.at(sums, a, _mixed(now[b] ^ bonds))  # sums know no order
            np.add.at(sums, b, _mixed(now[a] ^ bonds ^ np.uint64(3 if graph.directed else 0)))
            found.append(_mixed(now * np.uint64(3) + _mixed(sums)))
    return found


def _histogram(codes: Codes) -> NDArray[np.float64]:
    return np.bincount((codes % np.uint64(BUCKETS)).astype(np.int64), minlength=BUCKETS) / max(1, len(codes))


def _carried(graph: Graph) -> NDArray[np.float64]:
    """Mean and spread of up to 24 node features, and of their change along edges."""
    out = np.zeros((3, FEATURES))
    if graph.node_features is not None and graph.nodes:
        some = graph.node_features[:, :FEATURES].astype(np.float64)
        level = np.sign(some) * np.log1p(np.abs(some))
        d = level.shape[1]
        out[0, :d], out[1, :d] = level.mean(0), level.std(0)
        if graph.size:
            out[2, :d] = np.abs(level[graph.edges[0]] - level[graph.edges[1]]).mean(0)
    return out


def _shape(graph: Graph) -> NDArray[np.float64]:
    """Nodes, edges, triangles and parts, on a scale on which twice as many is one step."""
    a, b = graph.edges
    neighbours: list[set[int]] = [set() for _ in range(graph.nodes)]
    for i, j in zip(a.tolist(), b.tolist(), strict=True):
        neighbours[i].add(j)
        neighbours[j].add(i)
    triangles = (
        sum(len(neighbours[i] & neighbours[j]) for i, j in zip(a.tolist(), b.tolist(), strict=True)) / 3
    )
    parts = len(np.unique(graph.components())) if graph.nodes else 0
    return np.asarray(np.log2(1 + np.array([graph.nodes, graph.size, triangles, parts])))


def signature(graphs: Sequence[Graph]) -> Floats:
    """Vectors (n, 3 * 48 + 4 + 72): the colours of Weisfeiler and Lehman, the size, and what nodes carry. One edge or
    node more, another kind, or features that differ change it; the order of the nodes does not."""
    rows = [
        np.concatenate([*map(_histogram, colours(g)), 0.1 * _shape(g), 0.1 * _carried(g).ravel()])
        for g in graphs
    ]
    width = (ROUNDS + 1) * BUCKETS + 4 + 3 * FEATURES
    return np.array(rows, np.float32).reshape(len(graphs), width)


def fingerprint(graphs: Sequence[Graph]) -> Floats:
    """Unit vectors (n, 220): what a copy still shows that has other numbers of its nodes, or a little noise on their
    features."""
    rows = []
    for graph in graphs:
        parts = [np.sqrt(_histogram(codes)) for codes in colours(graph)]
        rows.append(np.concatenate([*parts, 0.25 * _shape(graph), 0.5 * _carried(graph).ravel()]))
    return _unit(np.array(rows, np.float64).reshape(len(graphs), (ROUNDS + 1) * BUCKETS + 4 + 3 * FEATURES))


def embed(graphs: Sequence[Graph]) -> Floats:
    """Unit vectors (n, 182): kinds of nodes and what is around them, degrees, size, and what nodes carry."""
    rows = []
    for graph in graphs:
        found = colours(graph, 1)
        degrees = np.bincount(np.minimum(graph.degrees(), DEGREES - 1), minlength=DEGREES) / max(
            1, graph.nodes
        )
        parts = [np.sqrt(_histogram(found[0])), 0.5 * np.sqrt(_histogram(found[1])), np.sqrt(degrees)]
        rows.append(np.concatenate([*parts, 0.2 * _shape(graph), 0.5 * _carried(graph).ravel()]))
    return _unit(np.array(rows, np.float64).reshape(len(graphs), 2 * BUCKETS + DEGREES + 4 + 3 * FEATURES))


def _unit(rows: NDArray[np.float64]) -> Floats:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), np.float32)
