"""Graphs as the bytes of one safetensors file: `nodes`, `edges`, and the kinds and features that there are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from synthgen.models import tensor_file
from synthgen.models.graph import Graph

FIELDS = {
    "node_kinds": np.int32,
    "edge_kinds": np.int32,
    "node_features": np.float32,
    "edge_features": np.float32,
}


def encode(graph: Graph, notes: Mapping[str, str]) -> bytes:
    """The file of a graph; the same graph and notes, the same bytes. `nodes` holds their number and, as 0 or 1, whether
    edges have a direction."""
    arrays = {
        "nodes": np.array([graph.nodes, graph.directed], np.int32),
        "edges": graph.edges.astype(np.int32),
    }
    for name, kind in FIELDS.items():
        if (values := getattr(graph, name)) is not None:
            arrays[name] = values.astype(kind)
    return tensor_file.encode(arrays, notes)


def decode(data: bytes) -> Graph:
    """The graph of a file. Raises ValueError where it holds none."""
    arrays, _ = tensor_file.decode(data)
    nodes, edges = arrays.get("nodes"), arrays.get("edges")
    if nodes is None or edges is None or nodes.shape != (2,) or edges.ndim != 2 or len(edges) != 2:
        raise ValueError("this holds no graph: arrays `nodes` (2,) and `edges` (2, m) are expected")
    if set(arrays) - set(FIELDS) - {"nodes", "edges"}:
        raise ValueError(f"this holds no graph: {', '.join(sorted(arrays))} are not what a graph has")
    fields = {name: arrays.get(name) for name in FIELDS}
    return Graph(int(nodes[0]), edges, directed=bool(nodes[1]), **fields)
