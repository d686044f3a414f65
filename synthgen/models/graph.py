"""What a graph is: nodes and edges, with what each of them carries."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """`nodes` nodes, 0 to nodes - 1, and edges, int32 (2, m); arrays are not to be written to.

    An undirected edge stands there once, with the lower node first; edges are sorted by both ends. Kinds are int32
    codes, (nodes,) and (m,); features float32, (nodes, d) and (m, k); None where the source has none. In a molecule
    `atoms` and `bonds` name what the kinds mean: element symbols; `single`, `double`, `triple`, `aromatic`.
    """

    nodes: int
    edges: np.ndarray
    node_kinds: np.ndarray | None = None
    edge_kinds: np.ndarray | None = None
    node_features: np.ndarray | None = None
    edge_features: np.ndarray | None = None
    directed: bool = False
    atoms: tuple[str, ...] = ()
    bonds: tuple[str, ...] = ()
    charges: np.ndarray | None = None
    """Formal charges of atoms, int8 (nodes,)."""
