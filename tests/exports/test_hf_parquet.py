import json

import pyarrow.parquet as pq
import pytest
import yaml
from datasets import ClassLabel, Image, load_dataset
from made_up import SOURCE_ID, published

from synthgen.errors import PublishError
from synthgen.exports import hf_parquet
from synthgen.exports.hf_parquet import HfParquet


@pytest.fixture
def version(tmp_path):
    return published(tmp_path / "digits", labels=("no", "<script>"), n=80)


def opened(folder, tmp_path):
    return load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))["train"]


def test_load_dataset_opens_it_with_pictures_classes_and_lineage(version, tmp_path):
    assert HfParquet().write(version, tmp_path / "out") == 20
    rows = opened(tmp_path / "out", tmp_path)
    kept = {row["id"]: row for row in version.rows(where="decision = 'kept'")}
    assert isinstance(rows.features["image"], Image)
    assert rows.features["label"] == ClassLabel(names=["6", "9", "no"])
    assert set(rows["id"]) == set(kept)
    row = rows[0]
    assert row["image"].size == (8, 8)
    assert row["synthetic"] is True
    assert json.loads(row["draw"]) == json.loads(kept[row["id"]]["draw"])
    assert row["scores"] == kept[row["id"]]["scores"]
    assert "payload" not in rows.column_names


def test_pictures_are_in_the_file_and_their_paths_lead_nowhere(version, tmp_path):
    HfParquet().write(version, tmp_path / "out")
    table = pq.read_table(next((tmp_path / "out" / "data").iterdir()))
    for picture, sample in zip(table["image"].to_pylist(), table["id"].to_pylist(), strict=True):
        assert picture["bytes"]
        assert picture["path"] == f"{sample}.png"


def test_real_sources_are_added_on_demand(version, tmp_path):
    assert HfParquet().write(version, tmp_path / "out", with_sources=True) == 21
    rows = opened(tmp_path / "out", tmp_path)
    assert rows.features["label"].names == ["6", "9", "no"]
    (real,) = [row for row in rows if not row["synthetic"]]
    assert (real["id"], real["label"], real["generator"]) == (SOURCE_ID, 0, None)


def test_many_samples_go_into_several_files(version, tmp_path, monkeypatch):
    monkeypatch.setattr(hf_parquet, "_GROUP", 5)
    monkeypatch.setattr(hf_parquet, "_FILE_BYTES", 2500)
    assert HfParquet().write(version, tmp_path / "out") == 20
    names = sorted(p.name for p in (tmp_path / "out" / "data").iterdir())
    assert names == ["train-00000-of-00002.parquet", "train-00001-of-00002.parquet"]
    assert len(opened(tmp_path / "out", tmp_path)) == 20


def test_the_card_says_what_it_is_how_it_was_checked_and_what_it_is_not(version, tmp_path):
    HfParquet().write(version, tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text("utf-8")
    _, front, body = card.split("---\n", 2)
    assert yaml.safe_load(front) == {
        "pretty_name": "digits v1",
        "license": "cc0-1.0",
        "task_categories": ["image-classification"],
        "size_categories": ["n<1K"],
        "tags": ["synthetic", "synthgen"],
        "configs": [
            {"config_name": "default", "data_files": [{"split": "train", "path": "data/train-*.parquet"}]}
        ],
    }
    for said in (
        "All 20 samples here are synthetic", "50% of the training set is synthetic", "image&#47;affine",
        "turn is forbidden", "Class 9 is 3 short of its target", "Vendi 2.00, real 2.50", version.digest,
        "1 source item was unreadable",
    ):  # fmt: skip
        assert said in body, said
    assert "<b>" not in body
    assert "<script>" not in body


@pytest.mark.parametrize(
    ("licence", "front"),
    [
        ("", {"license": "unknown"}),
        ("Ours: ask\n--- me", {"license": "other", "license_name": "Ours: ask --- me"}),
    ],
)
def test_any_licence_text_gives_valid_front_matter(version, licence, front, monkeypatch):
    from synthgen.dataset_card import dataset_card

    record = version.record | {"source": version.record["source"] | {"licence": licence}}
    monkeypatch.setitem(version.__dict__, "record", record)
    said = yaml.safe_load(dataset_card(version, 20, 20).removeprefix("---\n").split("\n---\n")[0])
    assert {key: value for key, value in said.items() if key.startswith("license")} == front


def test_a_folder_with_something_in_it_is_refused(version, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(PublishError, match="not an empty folder"):
        HfParquet().write(version, tmp_path / "out")
