"""Reading: everything listed is either usable or quarantined with its reason."""

import shutil

import numpy as np
import pytest
from PIL import Image

from synthgen.errors import SourceError
from synthgen.recipe import parse_recipe
from synthgen.stages.read import read


def picture(path, seed=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (16, 16, 3), np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path):
    for split, count in (("train", 6), ("holdout", 3)):
        for label in ("no", "NA"):
            for i in range(count):
                picture(tmp_path / split / label / f"{i}.png", seed=hash((split, label, i)) % 2**32)
    return tmp_path


def recipe(folder, **source):
    return parse_recipe(
        {
            "name": "x",
            "source": {"reader": "image_folder", "path": f"{folder}/train", "holdout": f"{folder}/holdout"}
            | source,
            "targets": {"balance_to": 9},
            "generate": [{"use": "image/erase"}],
            "filter": [],
        }
    )


def test_class_names_stay_as_they_are_written(folder):
    index = read(recipe(folder))
    assert index.counts("train") == {"NA": 6, "no": 6}
    assert index.counts("holdout") == {"NA": 3, "no": 3}


def test_items_are_read_or_quarantined_and_none_is_lost(folder):
    (folder / "train" / "no" / "0.png").write_bytes(b"")
    (folder / "train" / "no" / "note.txt").write_text("hi")
    index = read(recipe(folder, max_unreadable=0.5))
    assert index.listed == sum(map(len, index.items.values())) + len(index.quarantined)
    assert {q.place.split("/")[-1] for q in index.quarantined} == {"0.png", "note.txt"}
    assert all(q.reason for q in index.quarantined)


def test_too_much_unreadable_stops_with_the_first_reasons(folder):
    (folder / "train" / "no" / "0.png").write_bytes(b"")
    with pytest.raises(SourceError, match=r"1 of 18 source items \(5\.6%\) are unusable.*0\.png"):
        read(recipe(folder, max_unreadable=0.01))


def test_a_train_file_that_the_holdout_has_too_is_quarantined(folder):
    shutil.copy(folder / "holdout" / "no" / "1.png", folder / "train" / "no" / "same.png")
    index = read(recipe(folder, max_unreadable=0.5))
    (twin,) = index.quarantined
    assert (twin.place, twin.split) == ("no/same.png", "train")
    assert "the holdout has the same item" in twin.reason


def test_ids_follow_place_and_content_alone(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("moved") / "data"
    shutil.copytree(folder, elsewhere)
    assert read(recipe(elsewhere)).digest == read(recipe(folder)).digest
    picture(elsewhere / "train" / "no" / "0.png", seed=99)
    assert read(recipe(elsewhere)).digest != read(recipe(folder)).digest


@pytest.mark.parametrize("key", ["path", "holdout"])
def test_a_missing_folder_is_named(folder, key):
    with pytest.raises(SourceError, match=rf"\[source\] {key} = '/nowhere' does not exist"):
        read(recipe(folder, **{key: "/nowhere"}))


def test_train_and_holdout_may_not_be_one_folder(folder):
    with pytest.raises(SourceError, match="holdout is the same folder or file as train"):
        read(recipe(folder, holdout=f"{folder}/train/../train"))


def test_a_glance_reads_no_pixels_but_finds_the_same_items(folder):
    assert read(recipe(folder), deep=False).digest == read(recipe(folder)).digest
