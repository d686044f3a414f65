"""Distinct-n and self-BLEU of a run on texts, from the recipe to the report."""

import csv

from synthgen import pipeline, variety
from synthgen.modalities.text import Text
from synthgen.recipe import parse_recipe
from synthgen.seeds import numpy_rng
from synthgen.stages.audit import audit


def test_a_report_on_texts_shows_how_varied_real_and_kept_ones_are(tmp_path):
    with (tmp_path / "train.csv").open("w") as lines:
        rows = csv.writer(lines)
        rows.writerow(["text", "label"])
        rows.writerows(
            [Text().specimen(numpy_rng("row", i)), "rare" if i < 12 else "common"] for i in range(40)
        )
    recipe = parse_recipe(
        {
            "name": "texts", "source": {"reader": "table", "path": str(tmp_path / "train.csv")},
            "targets": {"counts": {"rare": 24}}, "filter": [], "generate": [{"use": "text/swap"}],
            "publish": {"to": str(tmp_path / "out")},
        }
    )  # fmt: skip
    version = pipeline.run(recipe).version
    table = audit(version).tables["diversity"]
    numbers = {row["of"]: row for row in table.rows}
    for of in ("real", "kept"):
        assert 0 < numbers[of]["distinct-1"] < numbers[of]["distinct-2"] < 1
        assert 0 < numbers[of]["self-BLEU"] < 1
    assert numbers["candidates"]["self-BLEU"] == ""


def test_numbers_are_joined_where_their_class_and_set_is_there():
    numbers = {"a": {"kept": {"n": 3.0}, "candidates": {"n": 4.0}}}
    more = {
        "a": {"kept": {"distinct-1": 0.5}, "real": {"distinct-1": 0.6}},
        "b": {"kept": {"distinct-1": 0.7}},
    }
    assert variety.joined(numbers, more) == {
        "a": {"kept": {"n": 3.0, "distinct-1": 0.5}, "candidates": {"n": 4.0}}
    }
