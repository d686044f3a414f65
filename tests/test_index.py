"""An index loads payloads when they are looked at and forgets what it has no room for."""

import numpy as np
import pytest
from digits import digits
from PIL import Image

from synthgen.errors import SourceError
from synthgen.index import _Payloads
from synthgen.recipe import parse_recipe
from synthgen.stages.read import read


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return read(digits(tmp_path_factory.mktemp("out")))


def test_only_train_items_can_become_parents(index):
    held = {item.id for item in index.items["holdout"]}
    assert held
    assert not held & set(index.by_id)


def test_samples_come_in_the_order_of_their_ids_and_load_lazily(index):
    samples = index.samples("train")
    assert [s.id for s in samples] == sorted(s.id for s in samples)
    assert samples[0].payload.shape == (32, 32, 3)


def test_counts_add_up_to_the_items(index):
    assert sum(index.counts("train").values()) == len(index.items["train"])
    assert index.counts("train")["6"] == 12


def test_memory_is_bounded_and_what_was_used_last_stays():
    loads = []
    payloads = _Payloads(3 * 800)

    def get(key):
        return payloads.get(key, lambda: loads.append(key) or np.zeros(100))

    for key in ("a", "b", "c", "a", "d", "a", "b"):
        get(key)
    assert loads == ["a", "b", "c", "d", "b"]


@pytest.fixture
def pictures(tmp_path):
    for i in range(2):
        (tmp_path / "a").mkdir(exist_ok=True)
        Image.new("RGB", (8, 8), (90 * i, 50, 9)).save(tmp_path / "a" / f"{i}.png")
    source = {"reader": "image_folder", "path": str(tmp_path)}
    recipe = {
        "name": "x",
        "source": source,
        "targets": {"balance_to": 3},
        "generate": [{"use": "image/affine"}],
    }
    return read(parse_recipe(recipe))


def test_a_file_that_changes_during_a_run_is_an_error(pictures, tmp_path):
    first, second = pictures.items["train"]
    (tmp_path / first.place).write_bytes((tmp_path / second.place).read_bytes())
    for look in (pictures.raw, pictures.payload):
        with pytest.raises(SourceError, match=f"'{first.place}' changed while the run worked. Run again"):
            look(first)
    (tmp_path / first.place).unlink()
    with pytest.raises(
        SourceError, match="changed while the run worked: it is no file, or is gone. Run again"
    ):
        pictures.raw(first)
    assert pictures.payload(second).shape == (8, 8, 3)
