"""Graphs of known make that networkx draws, with a kind for what a node is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synthgen.models.graph import Graph

if TYPE_CHECKING:
    from collections.abc import Callable

NETS = ("hubs", "lattice", "random", "small_world", "tree")


def _holed(lattice: Any, rng: np.random.Generator) -> Any:
    """A lattice without a sixth of its points."""
    places = list(lattice)
    lost = rng.permutation(len(places))[: len(places) // 6]
    lattice.remove_nodes_from([places[i] for i in lost])
    return lattice


def drawn(net: str, rng: np.random.Generator) -> Graph:
    """A connected graph of 18 to 40 nodes; nodes are leaves (kind 0), hubs of six edges and more (2) or else (1)."""
    import networkx as nx

    n, seed = int(rng.integers(18, 41)), int(rng.integers(1 << 31))
    side = max(3, round(n**0.5))
    makes: dict[str, Callable[[], Any]] = {
        "hubs": lambda: nx.barabasi_albert_graph(n, 2, seed),
        "lattice": lambda: _holed(nx.grid_2d_graph(side + 1, side + 1), rng),
        "random": lambda: nx.gnm_random_graph(n, 2 * n, seed),
        "small_world": lambda: nx.connected_watts_strogatz_graph(n, 4, 0.15, seed=seed),
        "tree": lambda: nx.random_labeled_tree(n, seed=seed),
    }
    built = makes[net]()
    whole = nx.convert_node_labels_to_integers(built.subgraph(max(nx.connected_components(built), key=len)))
    bare = Graph(whole.number_of_nodes(), np.zeros((2, 0), np.int32))
    graph = bare.with_edges(np.array(list(whole.edges), np.int32).reshape(-1, 2).T)
    degrees = graph.degrees()
    kinds = np.where(degrees < 2, 0, np.where(degrees < 6, 1, 2)).astype(np.int32)
    return Graph(graph.nodes, graph.edges, kinds).take(rng.permutation(graph.nodes))
