"""A graph as a small picture: a layout with its kinds of nodes in colours."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgen.models.graph import Graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_NODES = 400
PALETTE = (
    (31, 119, 180), (214, 39, 40), (44, 160, 44), (255, 127, 14), (148, 103, 189), (140, 86, 75), (227, 119, 194),
    (127, 127, 127), (188, 189, 34), (23, 190, 207),
)  # fmt: skip


def layout(graph: Graph) -> NDArray[np.float64]:
    """Places (nodes, 2) in 0..1: springs from one fixed start, so that a graph always looks the same."""
    import networkx as nx

    drawn: Any = nx.Graph()
    drawn.add_nodes_from(range(graph.nodes))
    drawn.add_edges_from(graph.edges.T.tolist())
    angle = 2 * np.pi * np.arange(graph.nodes) / max(1, graph.nodes)
    start = {i: (np.cos(a), np.sin(a)) for i, a in enumerate(angle)}
    if graph.nodes <= 80 and graph.size and len(np.unique(graph.components())) == 1:
        found = nx.kamada_kawai_layout(drawn, pos=start)
    else:
        found = nx.spring_layout(drawn, pos=start, iterations=60, seed=0)
    places = np.array([found[i] for i in range(graph.nodes)], np.float64).reshape(-1, 2)
    span = max(float(np.ptp(places, axis=0).max()), 1e-9) if len(places) else 1.0
    return np.asarray((places - (places.min(0) + places.max(0)) / 2) / span + 0.5)


def jpeg(graph: Graph, size_px: int) -> bytes:
    """The picture as a JPEG, drawn at twice its size; of very large graphs the first 400 nodes."""
    from PIL import Image, ImageDraw

    shown = graph.take(np.arange(MOST_NODES)) if graph.nodes > MOST_NODES else graph
    side = 2 * size_px
    places = 0.08 * side + 0.84 * side * layout(shown)
    canvas = Image.new("RGB", (side, side), (250, 250, 250))
    pen = ImageDraw.Draw(canvas)
    radius = float(np.clip(0.24 * side / np.sqrt(max(1, shown.nodes)), 1.5, side / 14))
    for i, j in shown.edges.T.tolist():
        pen.line([tuple(places[i]), tuple(places[j])], fill=(120, 125, 135), width=max(1, round(radius / 4)))
    kinds = np.zeros(shown.nodes, int) if shown.node_kinds is None else shown.node_kinds
    for (x, y), kind in zip(places.tolist(), kinds.tolist(), strict=True):
        colour = PALETTE[kind % len(PALETTE)]
        pen.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour, outline=(250, 250, 250))
    out = io.BytesIO()
    canvas.resize((size_px, size_px), Image.Resampling.BOX).save(out, "JPEG", quality=82)
    return out.getvalue()
