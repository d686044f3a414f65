"""Let edges change their ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.contract import Effect
from synthgen.generator import Generator, ShareInterval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.graph import Graph


class Rewire(Generator):
    """The graph after swaps of the far ends of two edges: every node keeps its degree.

    Payload: a graph of the same nodes with as many edges; what an edge carries goes with its first end. Label: kept,
    where the contract allows `add_structure`. Source: Maslov and Sneppen 2002 (specificity and stability in topology of
    protein networks).
    """

    modality: ClassVar[str] = "graph"

    swap_range: ShareInterval = (0.05, 0.2)
    """Share of the edges that end elsewhere, as far as swaps without doubled edges and loops are found."""

    def effects(self) -> tuple[Effect, ...]:
        return (
            Effect("drop_structure", *self.swap_range, free=(0, 0.3), unit="of the edges"),
            Effect("add_structure", *self.swap_range, free=(0, 0), unit="of the edges"),
        )

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        bounds = [job.bounds.get(e.name, (e.low, e.high)) for e in self.effects()]
        low, high = max(b[0] for b in bounds), min(b[1] for b in bounds)
        return {"swap": float(rng.uniform(low, max(low, high))), "seed": int(rng.integers(1 << 53))}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"drop_structure": draw["swap"], "add_structure": draw["swap"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [self._made(work.parents[0].payload, work.draw) for work in batch]

    def _made(self, graph: Graph, draw: Draw) -> Made | Failed:
        from synthgen.models import graph_edits
        from synthgen.seeds import numpy_rng

        swaps = graph_edits.count_of(draw["swap"], graph.size) // 2 or int(draw["swap"] > 0)
        return Made(graph_edits.swapped(graph, swaps, numpy_rng("rewire", draw["seed"])))


PLUGIN = Rewire
