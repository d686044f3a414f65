import numpy as np
import pytest
from graphs import ring

from synthgen.contract import LabelContract
from synthgen.errors import ModelError
from synthgen.mixture import Mixture, Sampling
from synthgen.models.graph import Graph
from synthgen.models.graph_classifier import GraphReference
from synthgen.models.graph_defects import reindexed
from synthgen.seeds import folder_sha256

NAMES = ("one ring", "two rings")


def graph(label: int, rng: np.random.Generator) -> Graph:
    """A ring, or two of half its size: all degrees alike, no kinds, no features. What tells is a chord or two."""
    n = int(rng.integers(10, 16))
    bare = ring(n, kinds=False)
    edges = {tuple(pair) for pair in bare.edges.T.tolist()}
    if label:
        edges |= {(i, (i + 2) % n) if i < (i + 2) % n else ((i + 2) % n, i) for i in range(0, n, 2)}
    whole = Graph(n, np.zeros((2, 0), np.int32)).with_edges(np.array(sorted(edges)).T)
    return reindexed(whole, rng)


def some(n: int, seed: int) -> tuple[list[Graph], np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    return [graph(label, rng) for label in labels], labels


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("classifier")
    graphs, labels = some(24, 0)
    GraphReference().train(graphs, labels, NAMES, LabelContract(), folder, steps=40, seed=1)
    return folder


def test_it_tells_structures_apart_in_any_order_of_nodes(trained):
    graphs, labels = some(40, 1)
    found = GraphReference().predict(GraphReference().load(trained, "cpu"), graphs)
    assert (found.argmax(1) == labels).mean() > 0.9
    other = [reindexed(g, np.random.default_rng(i)) for i, g in enumerate(graphs)]
    np.testing.assert_allclose(
        GraphReference().predict(GraphReference().load(trained, "cpu"), other), found, atol=1e-4
    )


def test_what_it_says_of_a_graph_knows_no_neighbours(trained):
    graphs, _ = some(37, 2)
    model = GraphReference().load(trained, "cpu")
    together = GraphReference().predict(model, graphs)
    np.testing.assert_array_equal(together[36], GraphReference().predict(model, graphs[36:])[0])


def test_the_same_training_writes_the_same_bytes(trained, tmp_path):
    graphs, labels = some(24, 0)
    GraphReference().train(graphs, labels, NAMES, LabelContract(), tmp_path, steps=40, seed=1)
    assert folder_sha256(tmp_path) == folder_sha256(trained)


def test_it_learns_from_samples_that_are_not_changed_too(tmp_path):
    graphs, labels = some(12, 3)
    mixture = Mixture(graphs, labels, Sampling(balanced=False, reach=0))
    learnt = GraphReference().train_mixture(mixture, NAMES, LabelContract(), tmp_path, steps=25, seed=1)
    assert learnt.losses[-1] < learnt.losses[0]


def test_graphs_with_other_fields_and_larger_ones_are_judged(trained):
    model = GraphReference().load(trained, "cpu")
    large = Graph(200, np.stack([np.arange(199), np.arange(1, 200)]).astype(np.int32))
    assert np.isfinite(GraphReference().predict(model, [ring(5), large, GraphReference().small(large)])).all()


def test_varied_graphs_keep_what_the_contract_keeps():
    still = LabelContract.model_validate({"every": {"drop_structure": False, "change_attributes": False}})
    graphs, labels = some(6, 4)
    for before, after in zip(graphs, GraphReference().varied(graphs, labels, NAMES, still, 0), strict=True):
        np.testing.assert_array_equal(after.edges, before.edges)


def test_a_folder_of_something_else_is_refused_in_words(tmp_path):
    with pytest.raises(ModelError, match="no classifier of graphs"):
        GraphReference().load(tmp_path, "cpu")
