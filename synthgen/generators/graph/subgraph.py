"""Cut a connected piece out of a graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from synthgen.contract import Effect
from synthgen.generator import Generator, ordered
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.graph import Graph


LessThan1 = Annotated[float, Field(ge=0, lt=1)]


class Subgraph(Generator):
    """The nodes that a random walk visits, and the edges between them.

    Payload: a graph of fewer nodes, numbered anew, at least two; connected, unless the walk runs out of nodes in its
    part and goes on in another. Label: kept. Source: You et al. 2020 (GraphCL), section 3.
    """

    modality: ClassVar[str] = "graph"

    cut_range: Annotated[tuple[LessThan1, LessThan1], AfterValidator(ordered)] = (0.05, 0.25)
    """Share of the nodes that is left out; at least one where it is above 0."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("drop_structure", *self.cut_range, free=(0, 0.3), unit="of the nodes"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        share = float(rng.uniform(*job.bounds.get("drop_structure", self.cut_range)))
        return {"cut": share, "seed": int(rng.integers(1 << 53))}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"drop_structure": draw["cut"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [self._made(work.parents[0].payload, work.draw) for work in batch]

    def _made(self, graph: Graph, draw: Draw) -> Made | Failed:
        import numpy as np

        from synthgen.models import graph_edits
        from synthgen.seeds import numpy_rng

        wanted = max(min(2, graph.nodes), graph.nodes - graph_edits.count_of(draw["cut"], graph.nodes))
        visited = graph_edits.walk(graph, wanted, numpy_rng("subgraph", draw["seed"]))
        return Made(graph.take(np.sort(visited)))


PLUGIN = Subgraph
