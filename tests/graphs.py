"""Small graphs, and how a generator is asked for one sample."""

import numpy as np

from synthgen.models.graph import Graph
from synthgen.models.graph_defects import specimen
from synthgen.sample import Failed, Job, Made, Sample, Work
from synthgen.seeds import numpy_rng


def ring(n: int = 12, kinds: bool = True) -> Graph:
    """A ring of n nodes; kinds 0, 1, 2, 0, ...; each edge of the kind of its first node; two features a node."""
    edges = np.array(sorted([(i, i + 1) for i in range(n - 1)] + [(0, n - 1)]), np.int32).T
    of = np.arange(n, dtype=np.int32) % 3 if kinds else None
    features = np.stack([np.arange(n), np.ones(n)], 1).astype(np.float32)
    return Graph(n, edges, of, None if of is None else of[edges[0]], features)


def some(n: int = 30) -> list[Graph]:
    return [specimen(np.random.default_rng(i)) for i in range(n)]


def work(generator, *graphs: Graph, index: int = 0, bounds=None, labels=("a", "b")) -> Work:
    """What a generator is given to make one sample from graphs of classes a, b, ..."""
    parents = tuple(
        Sample(f"{k}", "graph", labels[k], lambda graph=graph: graph) for k, graph in enumerate(graphs)
    )
    usual = {e.name: (e.low, e.high) for e in generator.effects()}
    job = Job(0, "a", index, tuple(p.id for p in parents), usual | (bounds or {}), 3)
    return Work(job, parents, generator.draw(job, parents, numpy_rng("graphs", index)))


def one(generator, *graphs: Graph, **asked) -> Made:
    """One sample. What failed fails the test."""
    (made,) = generator.make([work(generator, *graphs, **asked)], generator.load(None, "cpu"))
    assert not isinstance(made, Failed), made
    return made


def pairs(graph: Graph) -> set[tuple[int, int]]:
    return {tuple(pair) for pair in graph.edges.T.tolist()}
