"""Replay: one published sample, alone, from what the version holds."""

import shutil

import pytest
from digits import digits

from synthgen.dataset import Dataset
from synthgen.errors import DatasetError
from synthgen.pipeline import run
from synthgen.stages.replay import replay

SOFT = [{"use": "image/mixup"}, {"use": "image/cutmix"}]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    place = tmp_path_factory.mktemp("out")
    recipe = digits(place)
    run(digits(place, generate=[*(e.model_dump(exclude_none=True) for e in recipe.generate), *SOFT]))
    return place / "digits"


def test_a_sample_of_each_generator_is_identical_after_the_dataset_moved(place, tmp_path):
    shutil.copytree(place, tmp_path / "moved")
    version = Dataset(tmp_path / "moved").open()
    of_each = {row["generator"]: row["id"] for row in version.rows(["id", "generator"])}
    assert {"image/affine", "image/mixup", "image/cutmix"} <= set(of_each)
    for sample in of_each.values():
        replayed = replay(version, sample)
        assert replayed.identical
        assert replayed.payload == version.payload(sample)


def test_a_prefix_of_an_id_is_enough(place):
    version = Dataset(place).open()
    sample = next(iter(version.rows(["id"])))["id"]
    assert replay(version, sample[:12]).id == sample


def test_an_unknown_sample_and_a_missing_source_are_refused_with_words(place, tmp_path):
    shutil.copytree(place, tmp_path / "torn")
    version = Dataset(tmp_path / "torn").open()
    with pytest.raises(DatasetError, match="nosuchid"):
        replay(version, "nosuchid")
    shutil.rmtree(tmp_path / "torn" / "sources")
    with pytest.raises(DatasetError, match="does not hold the source"):
        replay(version, next(iter(version.rows(["id"])))["id"])


def test_a_damaged_source_is_found(place, tmp_path):
    shutil.copytree(place, tmp_path / "torn")
    version = Dataset(tmp_path / "torn").open()
    for path in (tmp_path / "torn" / "sources").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(DatasetError, match="is damaged"):
        replay(version, next(iter(version.rows(["id"])))["id"])
