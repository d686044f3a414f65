import json

import numpy as np
import pytest
from graphs import ring, some

from synthgen.errors import SourceError, UnreadableItem
from synthgen.modalities.graph import Graph
from synthgen.models import graph_tables
from synthgen.reader import Found
from synthgen.readers.tudataset import Tudataset

MODALITY = Graph()


def listed(reader, root, split="train"):
    return [(f.label, reader.decode(reader.raw(root, f.place))) for f in reader.items(root, split)]


def test_graphs_come_back_with_kinds_features_and_classes(tmp_path):
    samples = [(f"class {i % 2}", graph) for i, graph in enumerate(some(6))]
    graph_tables.write(tmp_path, "SOME", samples)
    for (label, graph), (again, read) in zip(samples, listed(Tudataset(), tmp_path), strict=True):
        assert again == label
        assert MODALITY.encode(read, {}) == MODALITY.encode(graph, {})


def test_splits_are_positions_in_a_file(tmp_path):
    graph_tables.write(tmp_path, "SOME", [(str(i), ring(5 + i)) for i in range(4)])
    (tmp_path / "split.json").write_text(json.dumps({"train": [2, 0], "test": [3], "pool": []}))
    reader = Tudataset(splits="split.json")
    assert [f.label for f in reader.items(tmp_path, "train")] == ["2", "0"]
    assert [f.label for f in reader.items(tmp_path, "holdout")] == ["3"]
    assert list(reader.items(tmp_path, "pool")) == []
    (tmp_path / "split.json").write_text(json.dumps({"train": [4]}))
    with pytest.raises(SourceError, match="names graph 4 for train; there are 0 to 3"):
        list(reader.items(tmp_path, "train"))


def test_files_may_lie_in_raw_and_a_changed_file_is_read_again(tmp_path):
    (tmp_path / "raw").mkdir()
    graph_tables.write(tmp_path / "raw", "SOME", [("a", ring(5))])
    assert len(list(Tudataset().items(tmp_path, "train"))) == 1
    graph_tables.write(tmp_path / "raw", "SOME", [("a", ring(5)), ("b", ring(6))])
    assert [f.label for f in Tudataset().items(tmp_path, "train")] == ["a", "b"]


def raw(nodes=3, edges=((0, 1), (1, 0), (1, 2), (2, 1)), **more) -> bytes:
    return json.dumps({"nodes": nodes, "edges": edges, **more}).encode()


def test_an_edge_that_stands_there_both_ways_is_one():
    graph = Tudataset().decode(raw())
    assert graph.edges.tolist() == [[0, 1], [1, 2]]


def test_loops_and_doubles_are_removed_or_refused():
    looped = raw(edges=((0, 0), (0, 1), (0, 1), (1, 2)))
    assert Tudataset().decode(looped).edges.tolist() == [[0, 1], [1, 2]]
    with pytest.raises(UnreadableItem, match="self-loops or doubled"):
        Tudataset(loops="quarantine").decode(looped)
    assert Tudataset(loops="quarantine").decode(raw()).size == 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (raw(edges=((0, 3),)), "another graph"),
        (raw(edges=()), "no edge"),
        (raw(nodes=0, edges=()), "0 nodes"),
        (raw(nodes=99), "99 nodes"),
        (raw(node_attributes=["1, 2", "nan, 1", "0, 0"]), "NaN"),
        (raw(node_attributes=["1, 2", "1", "0, 0"]), "equally many"),
        (raw(node_labels=["1", "-2", "0"]), "whole number"),
    ],
)
def test_broken_graphs_are_unreadable_with_their_reason(data, reason):
    with pytest.raises(UnreadableItem, match=reason):
        Tudataset(max_nodes=50).decode(data)


def test_what_may_be_kept_is_kept_where_the_recipe_says_so():
    assert Tudataset(empty="keep").decode(raw(edges=())).size == 0
    apart = raw(nodes=4, edges=((0, 1), (2, 3)))
    assert Tudataset().decode(apart).size == 2
    with pytest.raises(UnreadableItem, match="several parts"):
        Tudataset(disconnected="quarantine").decode(apart)


def test_files_that_do_not_fit_each_other_are_an_error_in_words(tmp_path):
    graph_tables.write(tmp_path, "SOME", [("a", ring(5))])
    (tmp_path / "SOME_node_labels.txt").write_text("1\n2\n")
    with pytest.raises(SourceError, match="has 2 lines, 5 are expected"):
        list(Tudataset().items(tmp_path, "train"))


def test_an_edge_between_two_graphs_quarantines_the_first_alone(tmp_path):
    graph_tables.write(tmp_path, "SOME", [("a", ring(5)), ("b", ring(5))])
    with (tmp_path / "SOME_A.txt").open("a") as file:
        file.write("2, 7\n")
    for name in ("edge_labels",):
        with (tmp_path / f"SOME_{name}.txt").open("a") as file:
            file.write("0\n")
    reader = Tudataset()
    first, second = reader.items(tmp_path, "train")
    assert isinstance(first, Found)
    with pytest.raises(UnreadableItem, match="another graph"):
        reader.decode(reader.raw(tmp_path, first.place))
    assert reader.decode(reader.raw(tmp_path, second.place)).size == 5
    assert np.array_equal(reader.decode(reader.raw(tmp_path, second.place)).edges, ring(5).edges)
