"""Leave edges out."""

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


class DropEdges(Generator):
    """The graph without some of its edges.

    Payload: a graph of the same nodes. Label: kept. Source: Rong et al. 2020 (DropEdge), section 3; You et al. 2020
    (GraphCL), section 3.
    """

    modality: ClassVar[str] = "graph"

    drop_range: Annotated[tuple[LessThan1, LessThan1], AfterValidator(ordered)] = (0.05, 0.2)
    """Share of the edges that is left out; at least one where it is above 0."""
    keeps_parts: bool = False
    """Whether only edges may go without which all stays connected that is."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("drop_structure", *self.drop_range, free=(0, 0.3), unit="of the edges"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        share = float(rng.uniform(*job.bounds.get("drop_structure", self.drop_range)))
        return {"drop": share, "seed": int(rng.integers(1 << 53))}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"drop_structure": draw["drop"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [self._made(work.parents[0].payload, work.draw) for work in batch]

    def _made(self, graph: Graph, draw: Draw) -> Made | Failed:
        import numpy as np

        from synthgen.models import graph_edits
        from synthgen.seeds import numpy_rng

        order = numpy_rng("drop_edges", draw["seed"]).permutation(graph.size)
        if self.keeps_parts:
            order = order[~graph_edits.needed(graph, order)]
            if not len(order) and draw["drop"] > 0:
                return Failed("no edge can go without taking the graph apart")
        count = min(len(order), graph_edits.count_of(draw["drop"], graph.size))
        kept = np.ones(graph.size, bool)
        kept[order[:count]] = False
        return Made(graph.keep_edges(kept))


PLUGIN = DropEdges
