"""Graphs: nodes, the edges between them, and what both carry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from synthgen.modality import Modality

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.graph import Graph as Payload


class Graph(Modality):
    """Graphs of `models/graph.Graph`, kept as safetensors (`models/graph_file`)."""

    name = "graph"
    media_type = "application/vnd.safetensors"
    suffix = ".safetensors"
    classifier = "graph_classifier"
    copy_tolerance = 0.002
    leak_tolerance = 0.002
    column = "graph"
    default_filters = (*Modality.default_filters, "in_range", "connected")

    def check(self, payload: Any) -> None:
        import numpy as np

        from synthgen.models.graph import Graph as Payload

        if not isinstance(payload, Payload):
            raise ValueError(f"a graph is a synthgen.models.graph.Graph, not {type(payload).__name__}")
        n, edges = payload.nodes, payload.edges
        if n < 1:
            raise ValueError("the graph has no nodes")
        if edges.ndim != 2 or len(edges) != 2 or edges.dtype != np.int32:
            raise ValueError(f"edges should be int32 (2, m), not {edges.dtype} {edges.shape}")
        if edges.size and (edges.min() < 0 or edges.max() >= n):
            raise ValueError(f"an edge leads to node {int(edges.max())}, there are {n}")
        keys = edges[0].astype(np.int64) * n + edges[1]
        if (np.diff(keys) <= 0).any() or (not payload.directed and (edges[0] > edges[1]).any()):
            raise ValueError("edges are not in order, or stand there twice")
        for name, count in (("node", n), ("edge", edges.shape[1])):
            kinds, features = getattr(payload, f"{name}_kinds"), getattr(payload, f"{name}_features")
            if kinds is not None and (kinds.shape != (count,) or kinds.dtype != np.int32):
                raise ValueError(f"{name}_kinds should be int32 ({count},), not {kinds.dtype} {kinds.shape}")
            if features is not None and (features.ndim != 2 or len(features) != count):
                raise ValueError(f"{name}_features should be float32 ({count}, d), not {features.shape}")
            if features is not None and not np.isfinite(features).all():
                raise ValueError(f"{name}_features hold NaN or infinite values")

    def encode(self, payload: Payload, marker: Mapping[str, str]) -> bytes:
        from synthgen.models import graph_file

        return graph_file.encode(payload, marker)

    def decode(self, data: bytes) -> Payload:
        from synthgen.models import graph_file

        return graph_file.decode(data)

    def preview(self, payload: Payload, size_px: int) -> bytes:
        from synthgen.models import graph_picture

        return graph_picture.jpeg(payload, size_px)

    def embed(self, payloads: Sequence[Payload]) -> np.ndarray:
        from synthgen.models import graph_features

        return graph_features.embed(payloads)

    def signature(self, payloads: Sequence[Payload]) -> np.ndarray:
        from synthgen.models import graph_features

        return graph_features.signature(payloads)

    def fingerprint(self, payloads: Sequence[Payload]) -> np.ndarray:
        from synthgen.models import graph_features

        return graph_features.fingerprint(payloads)

    def extent(self, payload: Payload) -> tuple[float, ...]:
        return float(payload.nodes), 1 + payload.size / payload.nodes

    def copies(self, payload: Payload, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import graph_defects

        return {"exact": payload, "in another order": graph_defects.reindexed(payload, rng)}

    def disguises(self, payload: Payload, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import graph_defects

        return graph_defects.disguises(payload, rng)

    def broken(self, payload: Payload, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import graph_defects

        return {"add_structure": graph_defects.scrambled(payload, rng)}

    def emptied(self, payload: Payload) -> Payload:
        from synthgen.models import graph_defects

        return graph_defects.emptied(payload)

    def blank(self, payload: Payload) -> str | None:
        return None if payload.size else "blank: the graph has no edge"

    def oddities(self, rng: np.random.Generator) -> list[Payload]:
        from synthgen.models import graph_defects

        return graph_defects.oddities(rng)

    def specimen(self, rng: np.random.Generator) -> Payload:
        from synthgen.models import graph_defects

        return graph_defects.specimen(rng)


PLUGIN = Graph
