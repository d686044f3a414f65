"""How training graphs are changed so that a classifier learns what their class may look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from synthgen.contract import LabelContract
from synthgen.models.graph import Graph

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Reach(NamedTuple):
    """How far training graphs of one class are changed without changing their label."""

    edges_share: float = 0.1
    nodes_share: float = 0.05
    features_share: float = 0.1


def allowed(contract: LabelContract, label: str, reach: float = 1.0) -> Reach:
    """How far graphs of a class are changed: `reach` times as far as usual, inside the contract."""
    most = {}
    for name in ("drop_structure", "change_attributes"):
        rule = contract.rule(label, name)
        most[name] = (
            1.0 if rule is None else 0.0 if not rule.allow else 1.0 if rule.up_to is None else rule.up_to
        )
    usual = Reach()
    return Reach(
        min(reach * usual.edges_share, most["drop_structure"]),
        min(reach * usual.nodes_share, most["drop_structure"]),
        min(reach * usual.features_share, most["change_attributes"]),
    )


def changed(graph: Graph, limits: Reach, rng: np.random.Generator) -> Graph:
    """Some edges and nodes left out, some columns of features replaced by their mean over the graph."""
    one = graph.keep_edges(rng.random(graph.size) >= limits.edges_share * rng.random())
    kept = rng.random(graph.nodes) >= limits.nodes_share * rng.random()
    one = one.take(np.flatnonzero(kept)) if kept.sum() >= 2 and kept.sum() < graph.nodes else one
    if one.node_features is None or not limits.features_share:
        return one
    features = one.node_features.copy()
    hidden = rng.random(features.shape[1]) < limits.features_share
    features[:, hidden] = features[:, hidden].mean(0)
    return Graph(
        one.nodes, one.edges, one.node_kinds, one.edge_kinds, features, one.edge_features, one.directed
    )


def limits_of(
    contract: LabelContract, names: NDArray[np.str_] | list[str], reach: float = 1.0
) -> list[Reach]:
    """The reach of each class, in order."""
    return [allowed(contract, str(name), reach) for name in names]
