import json

import numpy as np
import pytest
from datasets import load_dataset
from made_up import SOURCE_ID, made_up, published

from synthgen.dataset import Dataset
from synthgen.errors import DatasetError, PublishError
from synthgen.exports.image_folder import ImageFolder, folder_names
from synthgen.modalities.image import Image
from synthgen.stages.publish import publish

ODD = ("no", "NA", "007", "../x", "a/b", ".", "..", "", "<script>", "🙂", "x" * 300, "Cat", "cat", "CON", "nul.txt",
       "metadata.jsonl", "without-class", " padded ", ".hidden", "line\nbreak", "~", "é", "e\u0301")  # fmt: skip


def lines(folder):
    return [json.loads(line) for line in (folder / "metadata.jsonl").read_text("utf-8").splitlines()]


def test_kept_samples_lie_in_class_folders_with_their_lineage(tmp_path):
    version = published(tmp_path / "digits")
    assert ImageFolder().write(version, tmp_path / "out") == 10
    kept = {row["id"]: row for row in version.rows(where="decision = 'kept'")}
    assert {line["id"] for line in lines(tmp_path / "out")} == set(kept)
    for line in lines(tmp_path / "out"):
        row = kept[line["id"]]
        assert line["file_name"] == f"{row['label']}/{row['id']}.png"
        assert (tmp_path / "out" / line["file_name"]).read_bytes() == row["payload"]
        assert (line["synthetic"], line["generator"], line["licence"]) == (True, "image/affine", "CC0-1.0")
        assert line["parents"] == [SOURCE_ID]


def test_real_sources_are_added_on_demand_without_their_metadata(tmp_path):
    version = published(tmp_path / "digits")
    assert ImageFolder().write(version, tmp_path / "out", with_sources=True) == 11
    (real,) = [line for line in lines(tmp_path / "out") if not line["synthetic"]]
    assert (real["id"], real["label"], real["generator"]) == (SOURCE_ID, "6", None)
    picture = Image().decode((tmp_path / "out" / real["file_name"]).read_bytes())
    np.testing.assert_array_equal(picture, np.full((8, 8, 3), 99))


def test_any_class_name_gets_a_safe_folder_of_its_own_and_keeps_its_true_name(tmp_path):
    version = published(tmp_path / "digits", labels=ODD, n=4 * len(ODD), outcomes=("candidate",))
    ImageFolder().write(version, tmp_path / "deep" / "out")
    assert sorted(p.name for p in (tmp_path / "deep").iterdir()) == ["out"]
    said = lines(tmp_path / "deep" / "out")
    assert {line["label"] for line in said} == {
        row["label"] for row in version.rows(["label"], "decision = 'kept'")
    }
    for line in said:
        path = (tmp_path / "deep" / "out" / line["file_name"]).resolve()
        assert path.parent.parent == tmp_path / "deep" / "out"
        assert path.is_file()


def test_folder_names_are_the_class_names_where_they_are_safe():
    names = folder_names(ODD)
    for label in ("no", "NA", "007", "🙂", "~"):
        assert names[label] == label
    for label in (
        "../x",
        "a/b",
        ".",
        "..",
        "",
        "<script>",
        "x" * 300,
        "CON",
        "nul.txt",
        ".hidden",
        "without-class",
    ):
        assert names[label] != label
    assert len({name.casefold() for name in names.values()}) == len(ODD)
    assert max(len(name.encode()) for name in names.values()) <= 80
    assert folder_names(ODD[::-1]) == names


def test_the_datasets_library_opens_it(tmp_path):
    version = published(tmp_path / "digits", labels=("<script>", "../x"))
    ImageFolder().write(version, tmp_path / "out")
    rows = load_dataset("imagefolder", data_dir=str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))[
        "train"
    ]
    assert set(rows["label"]) == {"<script>"}
    assert rows[0]["image"].size == (8, 8)


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path):
    version = published(tmp_path / "digits")
    (tmp_path / "out").mkdir()
    ImageFolder().write(version, tmp_path / "out")
    before = sorted(tmp_path.rglob("*"))
    for there in (tmp_path / "out", tmp_path / "out" / "metadata.jsonl"):
        with pytest.raises(PublishError, match="not an empty folder"):
            ImageFolder().write(version, there)
    assert sorted(tmp_path.rglob("*")) == before


def test_an_export_that_fails_leaves_nothing_behind(tmp_path):
    version = published(tmp_path / "digits")
    next((tmp_path / "digits" / "sources").rglob("??/*")).unlink()
    with pytest.raises(DatasetError, match="does not hold the source"):
        ImageFolder().write(version, tmp_path / "out", with_sources=True)
    assert [p.name for p in tmp_path.iterdir()] == ["digits"]


def test_another_modality_is_refused(tmp_path):
    run = made_up(tmp_path / "digits")
    version = publish(Dataset(tmp_path / "digits"), run.record | {"modality": "text"}, *run[1:])
    with pytest.raises(DatasetError, match="holds image"):
        ImageFolder().write(version, tmp_path / "out")
