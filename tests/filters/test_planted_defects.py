"""The filters as a whole, on real digits where two classes are thin: what is planted is found, what is good is kept."""

from functools import partial

import pytest

from synthgen.chain import Fitted, key_of
from synthgen.recipe import parse_recipe
from synthgen.stages.filter import filter_
from synthgen.stages.read import read
from synthgen.stages.selftest import GOOD, selftest

RECIPE = {
    "name": "planted",
    "seed": 3,
    "source": {"reader": "digits", "cut": {"6": 12, "9": 12}},
    "targets": {"balance_to": 150},
    "generate": [{"use": "image/affine"}],
}


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    recipe = parse_recipe(RECIPE)
    index = read(recipe)
    train, holdout = index.samples("train"), index.samples("holdout")
    models = {}
    for name, one in recipe.filters:
        folder = tmp_path_factory.mktemp(name)
        given = holdout if one.sees_holdout else None
        one.fit(recipe.modality, train, given, recipe.contract, folder, recipe.seed, lambda *_: None)
        models[key_of("filter", one)] = Fitted(name, partial(one.load, recipe.modality, folder, "cpu"))
    table = selftest(recipe, index, partial(filter_, recipe, models=models), each=200)
    print()
    for row in table:
        print("{planted:50} {samples:4} rejected {rejected:4} ({share:.3f}) rare {of rare classes:3} rejected {rare rejected:3} by {by}".format(**row))  # fmt: skip  # noqa: E501
    return table


def shares(rows, kind: str) -> tuple[float, float]:
    """Rejected shares of all, and of the rare classes, over all rows whose kind begins like this."""
    mine = [row for row in rows if row["planted"].startswith(kind)]
    every = sum(row["rejected"] for row in mine) / sum(row["samples"] for row in mine)
    return every, sum(row["rare rejected"] for row in mine) / sum(row["of rare classes"] for row in mine)


@pytest.mark.slow
def test_good_real_samples_are_kept_also_of_rare_classes(rows):
    assert max(shares(rows, GOOD)) <= 0.3


@pytest.mark.slow
def test_wrong_labels_are_caught_also_where_a_rare_class_is_claimed(rows):
    assert min(shares(rows, "wrong label")) >= 0.93


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["train copy", "holdout copy"])
def test_copies_are_caught(rows, kind):
    assert min(shares(rows, kind)) >= 0.99


@pytest.mark.slow
def test_empty_pictures_are_all_caught(rows):
    assert min(shares(rows, "empty")) == 1
