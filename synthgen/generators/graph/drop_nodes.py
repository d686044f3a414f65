"""Leave nodes out."""

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


class DropNodes(Generator):
    """The graph without some of its nodes and the edges at them.

    Payload: a graph of fewer nodes, numbered anew, at least two. Label: kept. Source: You et al. 2020 (GraphCL),
    section 3.
    """

    modality: ClassVar[str] = "graph"

    drop_range: Annotated[tuple[LessThan1, LessThan1], AfterValidator(ordered)] = (0.03, 0.15)
    """Share of the nodes that is left out; at least one where it is above 0."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("drop_structure", *self.drop_range, free=(0, 0.3), unit="of the nodes"),)

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

        order = numpy_rng("drop_nodes", draw["seed"]).permutation(graph.nodes)
        count = min(max(0, graph.nodes - 2), graph_edits.count_of(draw["drop"], graph.nodes))
        return Made(graph.take(np.sort(order[count:])))


PLUGIN = DropNodes
