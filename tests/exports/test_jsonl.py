import json

from made_up import made_up

from synthgen.dataset import Dataset
from synthgen.exports.jsonl import Jsonl
from synthgen.reader import Found
from synthgen.readers.table import Table
from synthgen.stages.publish import publish

LABELS = ("NA", "007", "<b>\u2028ünï")


def exported(tmp_path, **how):
    place = tmp_path / "data"
    version = publish(Dataset(place), *made_up(place, labels=LABELS, modality="text"))
    Jsonl().write(version, tmp_path / "out", **how)
    lines = (tmp_path / "out" / "train.jsonl").read_text(encoding="utf-8").split("\n")
    return version, [json.loads(line) for line in lines if line]


def test_each_line_is_a_text_with_its_class_and_where_it_comes_from(tmp_path):
    version, lines = exported(tmp_path)
    kept = {row["id"]: row for row in version.rows() if row["decision"] == "kept"}
    assert {line["id"] for line in lines} == set(kept)
    for line in lines:
        row = kept[line["id"]]
        assert line["text"].encode() == row["payload"]
        assert line["label"] == row["label"]
        assert line["synthetic"] is True
        assert line["parents"] == row["parents"]


def test_real_texts_come_along_as_real(tmp_path):
    version, lines = exported(tmp_path, with_sources=True)
    assert [line["id"] for line in lines if not line["synthetic"]] == list(version.record["sources"])


def test_the_table_reader_reads_it_again(tmp_path):
    _, lines = exported(tmp_path)
    reader, path = Table(), tmp_path / "out" / "train.jsonl"
    found = [one for one in reader.items(path, "train") if isinstance(one, Found)]
    assert [(reader.decode(reader.raw(path, f.place)), f.label) for f in found] == [
        (line["text"], line["label"]) for line in lines
    ]
