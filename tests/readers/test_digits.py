import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from pydantic import ValidationError

from synthgen import pipeline
from synthgen.errors import UnreadableItem
from synthgen.modalities.image import Image
from synthgen.readers.digits import Digits
from synthgen.recipe import parse_recipe

CUT = Digits(cut={"6": 12, "9": 12})


def counts(reader, split):
    return Counter(found.label for found in reader.items(None, split))


def test_all_1797_digits_are_in_one_split_each():
    places = [f.place for split in ("train", "holdout", "pool") for f in CUT.items(None, split)]
    assert len(places) == len(set(places)) == 1797


def test_cut_classes_keep_what_the_cut_says_and_the_rest_is_the_pool():
    assert counts(CUT, "train")["6"] == counts(CUT, "train")["9"] == 12
    assert set(counts(CUT, "pool")) == {"6", "9"}
    assert counts(Digits(), "holdout") == counts(CUT, "holdout")


def test_the_seed_decides_the_splits():
    assert list(CUT.items(None, "train")) == list(Digits(cut={"6": 12, "9": 12}).items(None, "train"))
    assert list(Digits(seed=1).items(None, "train")) != list(Digits().items(None, "train"))


def test_payloads_are_square_rgb_with_bright_ink():
    payload = CUT.decode(CUT.raw(None, "0000"))
    assert payload.shape == (32, 32, 3)
    assert payload.dtype == np.uint8
    assert payload.max() > 240
    assert payload[0, 0].max() < 20
    assert Digits(size=8).decode(CUT.raw(None, "0000")).max() == round(15 * 255 / 16)


def test_a_class_that_is_no_digit_is_refused():
    with pytest.raises(ValidationError, match="cut names 'six'"):
        Digits(cut={"six": 12})


@pytest.mark.parametrize("place", ["1797", "x", "-1"])
def test_an_unknown_row_is_unreadable(place):
    with pytest.raises(UnreadableItem, match="no row"):
        CUT.raw(None, place)


def test_reading_digits_does_not_import_sklearn():
    code = (
        "import sys; from synthgen.readers.digits import Digits; "
        "list(Digits().items(None, 'train')); print('sklearn' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_samples_of_another_size_are_made_anew(tmp_path):
    def version(**reader):
        recipe = {
            "name": "sized",
            "source": {"reader": "digits", "cut": {"6": 12}, **reader},
            "targets": {"counts": {"6": 16}},
            "generate": [{"use": "image/affine"}],
            "filter": [],
            "publish": {"to": str(tmp_path)},
        }
        return pipeline.run(parse_recipe(recipe)).version

    def ids(version):
        return {row["id"] for row in version.rows(["id"])}

    small, large, other_cut = version(), version(size=48), version(cut={"6": 12, "9": 30})
    assert not ids(small) & ids(large)
    assert ids(small) == ids(other_cut)
    payload = next(large.rows(["payload"]))["payload"]
    assert Image().decode(payload).shape == (48, 48, 3)
