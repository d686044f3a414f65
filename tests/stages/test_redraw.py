import pytest
from digits import digits

from synthgen.errors import RecipeError
from synthgen.recipe import parse_recipe
from synthgen.stages.read import read


def index(tmp_path, **source):
    data = digits(tmp_path).model_dump(mode="json")
    data["source"] |= source
    return read(parse_recipe(data), deep=False)


def ids(found, split):
    return {item.id for item in found.items[split]}


def test_leave_moves_the_other_train_items_to_the_pool(tmp_path):
    whole, cut = index(tmp_path), index(tmp_path, leave={"0": 5})
    assert cut.counts("train") == whole.counts("train") | {"0": 5}
    assert ids(cut, "train") | ids(cut, "pool") == ids(whole, "train") | ids(whole, "pool")
    assert ids(cut, "train") < ids(whole, "train")
    assert cut.items["holdout"] == whole.items["holdout"]


def test_redraw_draws_train_from_train_and_pool_with_the_same_counts(tmp_path):
    whole, one, other = index(tmp_path), index(tmp_path, redraw=1), index(tmp_path, redraw=2)
    assert one.counts("train") == other.counts("train") == whole.counts("train")
    assert len({frozenset(ids(i, "train")) for i in (whole, one, other)}) == 3
    assert ids(one, "train") | ids(one, "pool") == ids(whole, "train") | ids(whole, "pool")
    assert {item.split for item in one.items["train"]} == {"train"}
    drawn = next(item for item in one.items["train"] if item.home == "pool")
    assert one.payload(drawn).shape == (32, 32, 3)


def test_the_same_seed_draws_the_same_items(tmp_path):
    assert index(tmp_path, redraw=3).digest == index(tmp_path, redraw=3).digest


def test_an_unknown_class_is_told(tmp_path):
    with pytest.raises(RecipeError, match="leave names the class 'x'"):
        index(tmp_path, leave={"x": 5})
