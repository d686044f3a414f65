"""Hide what nodes carry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.contract import Effect
from synthgen.generator import Generator, ShareInterval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.graph import Graph


class MaskFeatures(Generator):
    """The graph with some columns of its node features hidden in all nodes.

    Payload: a graph of the same nodes and edges. Label: kept. A graph without features can't be made this way.
    Source: Zhu et al. 2020 (deep graph contrastive representation learning), section 3.2; You et al. 2020 (GraphCL).
    """

    modality: ClassVar[str] = "graph"

    mask_range: ShareInterval = (0.05, 0.25)
    """Share of the columns that is hidden; at least one where it is above 0."""
    value: float | None = None
    """What stands there instead; the mean of the column in this graph if left out."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("change_attributes", *self.mask_range, free=(0, 0.5), unit="of the columns"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        share = float(rng.uniform(*job.bounds.get("change_attributes", self.mask_range)))
        return {"mask": share, "seed": int(rng.integers(1 << 53))}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"change_attributes": draw["mask"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [self._made(work.parents[0].payload, work.draw) for work in batch]

    def _made(self, graph: Graph, draw: Draw) -> Made | Failed:
        from dataclasses import replace

        from synthgen.models import graph_edits
        from synthgen.seeds import numpy_rng

        if graph.node_features is None or not graph.node_features.shape[1]:
            return Failed("its nodes carry no features that could be hidden")
        width = graph.node_features.shape[1]
        hidden = numpy_rng("mask_features", draw["seed"]).permutation(width)
        hidden = hidden[: graph_edits.count_of(draw["mask"], width)]
        features = graph.node_features.copy()
        features[:, hidden] = features[:, hidden].mean(0) if self.value is None else self.value
        return Made(replace(graph, node_features=features))


PLUGIN = MaskFeatures
