"""Draw edges that were not there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.contract import Effect
from synthgen.generator import Generator, ShareInterval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.graph import Graph


class AddEdges(Generator):
    """The graph with edges between nodes that had none; each carries what a drawn edge of the graph carries.

    Payload: a graph of the same nodes. Label: kept, where the contract allows `add_structure`.
    Source: You et al. 2020 (GraphCL), section 3 (edge perturbation).
    """

    modality: ClassVar[str] = "graph"

    add_range: ShareInterval = (0.03, 0.1)
    """New edges, as a share of those that are there; at least one where it is above 0."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("add_structure", *self.add_range, free=(0, 0), unit="of the edges"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        share = float(rng.uniform(*job.bounds.get("add_structure", self.add_range)))
        return {"add": share, "seed": int(rng.integers(1 << 53))}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"add_structure": draw["add"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [self._made(work.parents[0].payload, work.draw) for work in batch]

    def _made(self, graph: Graph, draw: Draw) -> Made | Failed:
        from synthgen.models import graph_edits
        from synthgen.seeds import numpy_rng

        count = graph_edits.count_of(draw["add"], graph.size)
        return Made(graph_edits.joined(graph, count, numpy_rng("add_edges", draw["seed"])))


PLUGIN = AddEdges
