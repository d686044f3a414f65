"""What changing graphs costs: edges and nodes left out, features hidden, beside PyTorch Geometric's functions."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from synthgen import registry
from synthgen.bench import Bench, Figures
from synthgen.sample import Job, Sample, Work
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    from synthgen.models.graph import Graph as Payload

STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("drop_edges", {"drop_range": (0.2, 0.2)}),
    ("drop_nodes", {"drop_range": (0.1, 0.1)}),
    ("mask_features", {"mask_range": (0.25, 0.25), "value": 0.0}),
)


class Graph(Bench):
    """Graphs a second of CPU time, on one core, medians of five.

    The graphs have 39 nodes and 73 edges on average, as PROTEINS has, and four features a node. Peers: PyTorch
    Geometric's dropout_edge, dropout_node with the features of what is left, and mask_feature, graph by graph. Ours
    draw from a seed a sample, and what they make is numbered anew.
    """

    graphs: int = 512

    def run(self) -> Figures:
        graphs = [_like_proteins(i) for i in range(self.graphs)]
        rows = []
        for name, settings in STEPS:
            own, peer = _made(graphs, name, settings), _geometric(graphs, name)
            rows.append(
                {
                    "what": f"graph/{name}, draw and make", "a second": round(own), "peer": f"PyG, {PEERS[name]}",
                    "peer a second": round(peer), "times the peer": round(own / peer, 2),
                }
            )  # fmt: skip
        return Figures("Graphs of 39 nodes on average, a second of one core", rows)


PEERS = {"drop_edges": "dropout_edge", "drop_nodes": "dropout_node", "mask_features": "mask_feature"}


def _like_proteins(i: int) -> Payload:
    """A connected graph: a path and chords to near nodes."""
    import numpy as np

    from synthgen.models.graph import Graph as Payload

    rng = numpy_rng("bench graph", i)
    n = int(rng.integers(10, 69))
    pairs = {(k, k + 1) for k in range(n - 1)}
    while len(pairs) < int(1.87 * n):
        a = int(rng.integers(n - 2))
        pairs.add((a, min(n - 1, a + int(rng.integers(2, 7)))))
    bare = Payload(n, np.zeros((2, 0), np.int32), None, None, rng.random((n, 4)).astype(np.float32))
    return bare.with_edges(np.array(sorted(pairs), np.int32).T)


def _rate(n: int, once: Callable[[], Any]) -> float:
    """Graphs a second of CPU time, when `once` does n: the median of five, after one that does not count."""
    once()
    taken = []
    for _ in range(5):
        start = time.process_time()
        once()
        taken.append(time.process_time() - start)
    return n / statistics.median(taken)


def _made(graphs: list[Payload], name: str, settings: dict[str, Any]) -> float:
    generator = registry.find("generators", f"graph/{name}")(**settings)
    samples = [Sample(str(i), "graph", "a", lambda g=graph: g) for i, graph in enumerate(graphs)]  # type: ignore[misc]
    jobs = [Job(0, "a", i, (s.id,), {}, 0) for i, s in enumerate(samples)]

    def once() -> None:
        works = [
            Work(job, (s,), generator.draw(job, (s,), numpy_rng("bench", job.index)))
            for job, s in zip(jobs, samples, strict=True)
        ]
        generator.make(works, None)

    return _rate(len(graphs), once)


def _geometric(graphs: list[Payload], name: str) -> float:
    import numpy as np
    import torch
    from torch_geometric.utils import dropout_edge, dropout_node, mask_feature

    torch.set_num_threads(1)
    edges = [torch.from_numpy(np.concatenate([g.edges, g.edges[::-1]], 1).astype(np.int64)) for g in graphs]
    features = [torch.from_numpy(np.array(g.node_features)) for g in graphs]

    def without_nodes(e: Any, x: Any) -> Any:
        kept, _, mask = dropout_node(e, p=0.1, num_nodes=len(x), relabel_nodes=True)
        return kept, x[mask]

    each: Any = {
        "drop_edges": lambda e, x: dropout_edge(e, p=0.2, force_undirected=True),
        "drop_nodes": without_nodes,
        "mask_features": lambda e, x: mask_feature(x, p=0.25, mode="col"),
    }[name]
    return _rate(len(graphs), lambda: [each(e, x) for e, x in zip(edges, features, strict=True)])


PLUGIN = Graph
