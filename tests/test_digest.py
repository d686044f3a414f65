import pyarrow as pa
from made_up import published

from synthgen.digest import Digest, row_hashes

ROW = {"id": "a", "label": "6", "parents": ["p", "q"], "scores": [{"value": 0.5}], "round": 1}
SCHEMA = pa.schema(
    [
        ("id", pa.string()), ("label", pa.string()), ("parents", pa.list_(pa.string())),
        ("scores", pa.list_(pa.struct([("value", pa.float64())]))), ("round", pa.int32()),
    ]
)  # fmt: skip


def batch(*rows):
    return pa.RecordBatch.from_pylist(list(rows), schema=SCHEMA)


def digest(*batches):
    one = Digest()
    for each in batches:
        one.add(each)
    return one.value()


def test_digest_does_not_depend_on_order_or_batches():
    rows = [ROW | {"id": f"{i:02}", "parents": [str(i)] * (i % 3)} for i in range(20)]
    whole = batch(*rows)
    assert digest(whole) == digest(batch(*rows[::-1])) == digest(whole.slice(0, 7), whole.slice(7))


def test_digest_sees_every_column_that_counts_and_no_other():
    others = [
        {"label": "9"}, {"label": None}, {"label": ""}, {"label": "-"}, {"parents": ["pq"]}, {"parents": ["p,q"]},
        {"parents": ["q", "p"]}, {"parents": []}, {"parents": None}, {"parents": ["p", None]}, {"scores": []},
        {"scores": [{"value": 0.25}]}, {"scores": [{"value": None}]}, {"scores": [{"value": float("nan")}]},
        {"id": "a1:6"}, {"id": "b"},
    ]  # fmt: skip
    hashes = row_hashes(batch(ROW, *[ROW | other for other in others]))
    assert len(set(hashes)) == len(hashes)
    assert row_hashes(batch(ROW | {"round": 2})) == hashes[:1]


def test_scores_count_to_six_digits():
    low, same, more = (batch(ROW | {"scores": [{"value": v}]}) for v in (0.1, 0.1 + 1e-9, 0.1 + 1e-5))
    assert digest(low) == digest(same) != digest(more)


def test_digest_of_published_rows_is_the_one_the_version_carries(tmp_path):
    version = published(tmp_path / "digits", labels=("no", "<script>", "🙂", None))
    assert digest(*version.batches()) == version.digest


def test_doubled_ids_are_told():
    one = Digest()
    one.add(batch(ROW, ROW | {"id": "b"}))
    one.add(batch(ROW))
    assert one.doubled == ["a"]
