"""Changes of the edges and nodes of a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synthgen.models.graph import Graph

if TYPE_CHECKING:
    from numpy.typing import NDArray


def count_of(share: float, of: int) -> int:
    """How many a share is, to the next whole number; at least one where it is above 0."""
    return min(of, max(int(share > 0), round(share * of)))


def needed(graph: Graph, order: NDArray[np.int64]) -> NDArray[np.bool_]:
    """For the edges in this order, which of them hold together what is connected when those after them go last: a
    spanning forest (Kruskal 1956) that prefers the last ones."""
    parent = list(range(graph.nodes))

    def top(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    found = np.zeros(len(order), bool)
    for k in range(len(order) - 1, -1, -1):
        a, b = (top(int(end)) for end in graph.edges[:, order[k]])
        if a != b:
            parent[a], found[k] = b, True
    return found


def walk(graph: Graph, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The first `count` nodes of a random walk that goes back to its start every fifth step on average, and from a part
    without further nodes to another one."""
    neighbours: list[list[int]] = [[] for _ in range(graph.nodes)]
    for a, b in graph.edges.T.tolist():
        neighbours[a].append(b)
        neighbours[b].append(a)
    parts, visited = graph.components(), dict[int, None]()
    left = np.bincount(parts)
    now = start = -1
    while len(visited) < count:
        if now < 0 or left[parts[start]] == 0:
            open_ = [i for i in range(graph.nodes) if i not in visited]
            now = start = open_[int(rng.integers(len(open_)))]
        if now not in visited:
            visited[now] = None
            left[parts[now]] -= 1
            continue
        beside = neighbours[now]
        now = start if rng.random() < 0.2 else beside[int(rng.integers(len(beside)))]
        if rng.random() < 0.05:  # a start in a corner would be returned to for long
            known = list(visited)
            start = now = known[int(rng.integers(len(known)))]
    return np.array(list(visited), np.int64)


def swapped(graph: Graph, swaps: int, rng: np.random.Generator) -> Graph:
    """After so many swaps (a, b), (c, d) -> (a, d), (c, b), as far as they are found in twenty tries each."""
    ends = graph.edges.T.tolist()
    there = {tuple(pair) for pair in ends}

    def key(a: int, b: int) -> tuple[int, int]:
        return (a, b) if graph.directed or a < b else (b, a)

    done, tries = 0, 20 * swaps if len(ends) > 1 else 0
    while done < swaps and tries > 0:
        tries -= 1
        i, j = rng.integers(0, len(ends), 2).tolist()
        (a, b), (c, d) = ends[i], ends[j]
        if not graph.directed and rng.random() < 0.5:
            c, d = d, c
        one, two = key(a, d), key(c, b)
        if len({a, b, c, d}) < 4 or one in there or two in there:
            continue
        there -= {key(a, b), key(c, d)}
        there |= {one, two}
        ends[i], ends[j] = list(one), list(two)
        done += 1
    return graph.with_edges(np.array(ends, np.int32).reshape(-1, 2).T, graph.edge_kinds, graph.edge_features)


def joined(graph: Graph, count: int, rng: np.random.Generator) -> Graph:
    """With `count` more edges between nodes that have none, as far as there are such; what they carry is what drawn
    edges of the graph carry."""
    n = graph.nodes
    possible = n * (n - 1) // (1 if graph.directed else 2)
    count = min(count, possible - graph.size)
    there, new = {tuple(pair) for pair in graph.edges.T.tolist()}, list[tuple[int, int]]()
    while len(new) < count:
        a, b = rng.integers(0, n, 2).tolist()
        pair = (a, b) if graph.directed or a < b else (b, a)
        if a != b and pair not in there:
            there.add(pair)
            new.append(pair)
    like = rng.integers(0, max(1, graph.size), len(new))
    edges = np.concatenate([graph.edges, np.array(new, np.int32).reshape(-1, 2).T], 1)
    kinds = None if graph.edge_kinds is None else np.concatenate([graph.edge_kinds, graph.edge_kinds[like]])
    features = (
        None
        if graph.edge_features is None
        else np.concatenate([graph.edge_features, graph.edge_features[like]])
    )
    return graph.with_edges(edges, kinds, features)
