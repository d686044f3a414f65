"""Staged tables: one row a draft, with payload and marker, or with the reason of a failure."""

import numpy as np
import pytest
from digits import digits

from synthgen.chain import Outcome
from synthgen.rows import staged_schema
from synthgen.sample import Failed, Job, Made, Verdict
from synthgen.stages.generate import Draft
from synthgen.stages.stage import stage

PICTURES = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 3), np.uint8)


def draft(i, made):
    outcome = Outcome(made, ("image/affine",), ({"x": 1},), ({"turn": i},), ("m",))
    return Draft(f"id{i}", Job(0, "6", i, ("p",), {"turn": (0, 1)}, 7), (), outcome, ("q",))


@pytest.fixture
def table(tmp_path):
    mades = [
        Made(PICTURES[0]),
        Failed("too dark"),
        Made(PICTURES[1], {"6": 0.7, "9": 0.3}),
        Made(PICTURES[2]),
    ]
    good, bad = Verdict(True, 0.9, 0.5), Verdict(False, 0.1, 0.5, "looks like 4")
    verdicts = [{"label": good}, {"label": bad}, {"label": good, "copy": good}]
    return stage(digits(tmp_path), [draft(i, made) for i, made in enumerate(mades)], verdicts, "run", "shard")


def test_every_draft_is_a_row_of_the_schema_in_its_order(table):
    assert table.schema.names == staged_schema().names
    assert table["id"].to_pylist() == ["id0", "id1", "id2", "id3"]


def test_decisions_and_reasons_say_what_happened(table):
    assert table["decision"].to_pylist() == ["candidate", "failed", "rejected", "candidate"]
    assert table["reasons"].to_pylist() == [[], ["too dark"], ["label: looks like 4"], []]
    assert [len(scores) for scores in table["scores"].to_pylist()] == [1, 0, 1, 2]


def test_what_failed_has_no_payload_and_no_embedding(table):
    empty = [i for i, row in enumerate(table.to_pylist()) if row["payload"] is None]
    assert empty == [1]
    assert table["embedding"].to_pylist()[1] is None
    assert len({len(v) for v in table["embedding"].to_pylist() if v is not None}) == 1


def test_soft_labels_and_lineage_are_kept_as_canonical_json(table):
    row = table.to_pylist()[2]
    assert (row["label"], row["label_weights"]) == ("6", '{"6":0.7,"9":0.3}')
    assert (row["settings"], row["draw"], row["bounds"]) == ('[{"x":1}]', '[{"turn":2}]', '{"turn":[0,1]}')


def test_embeddings_can_be_left_out(tmp_path):
    table = stage(digits(tmp_path), [draft(0, Made(PICTURES[0]))], [{}], "run", "shard", embed=False)
    assert table["embedding"].to_pylist() == [None]


def test_the_content_hash_does_not_see_the_marker(tmp_path):
    twins = [draft(0, Made(PICTURES[0])), draft(1, Made(PICTURES[0].copy()))]
    table = stage(digits(tmp_path), twins, [{}, {}], "run", "shard")
    assert len(set(table["content_sha256"].to_pylist())) == 1
    assert len(set(table["payload_sha256"].to_pylist())) == 2
