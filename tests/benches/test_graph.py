"""The benchmark of graphs measures each thing beside its peer."""

import numpy as np
import pytest

from synthgen.benches.graph import Graph, _like_proteins
from synthgen.modalities.graph import Graph as Modality


@pytest.mark.slow
def test_everything_is_measured_and_put_beside_its_peer():
    title, rows = Graph(graphs=12).run()
    assert "39 nodes" in title
    assert [row["peer"] for row in rows] == ["PyG, dropout_edge", "PyG, dropout_node", "PyG, mask_feature"]
    assert all(row["a second"] > 0 and row["peer a second"] > 0 for row in rows)


def test_the_graphs_are_as_large_as_those_of_proteins():
    graphs = [_like_proteins(i) for i in range(200)]
    for graph in graphs[:20]:
        Modality().check(graph)
        assert len(np.unique(graph.components())) == 1
    assert np.mean([graph.nodes for graph in graphs]) == pytest.approx(39, abs=4)
    assert np.mean([graph.size for graph in graphs]) == pytest.approx(73, abs=8)
