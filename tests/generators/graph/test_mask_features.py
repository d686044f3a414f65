import numpy as np
from graphs import one, ring, work

from synthgen.generators.graph.mask_features import MaskFeatures
from synthgen.models.graph import Graph
from synthgen.sample import Failed


def test_hidden_columns_hold_the_value_and_others_stay():
    seen = {
        tuple(
            (
                one(MaskFeatures(mask_range=(0.5, 0.5), value=7.0), ring(), index=i).payload.node_features
                == 7
            ).all(0)
        )
        for i in range(12)
    }
    assert seen == {(True, False), (False, True)}


def test_without_a_value_the_mean_of_the_graph_stands_there():
    hidden = one(MaskFeatures(mask_range=(1, 1)), ring(12)).payload
    np.testing.assert_allclose(hidden.node_features, np.tile([5.5, 1], (12, 1)))
    np.testing.assert_array_equal(hidden.edges, ring(12).edges)


def test_a_graph_without_features_fails_with_a_reason():
    bare = Graph(3, np.array([[0, 1], [1, 2]], np.int32))
    made = MaskFeatures().make([work(MaskFeatures(), bare)], None)[0]
    assert isinstance(made, Failed)
    assert "no features" in made.reason
