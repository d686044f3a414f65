"""Lift where the answer is known: real samples, wrong labels and copies, published as if they were synthetic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from planted import RARE, planted, published, scarce

from flows.artifacts import lift_markdown
from synthgen.cut import cut_recipe
from synthgen.dataset_card import dataset_card
from synthgen.errors import DatasetError, RecipeError, SourceError
from synthgen.lift_page import lift_page
from synthgen.lift_report import approve, check_required, kept_with, short_of
from synthgen.lift_tables import lift_report
from synthgen.measuring import Drawn, Measurement, measure, measure_draws
from synthgen.pipeline import InProcess
from synthgen.recipe import parse_recipe
from synthgen.stages.audit import audit
from synthgen.stages.lift import gather
from synthgen.stages.read import read

pytestmark = pytest.mark.slow


class Counting(InProcess):
    """Counts what is trained."""

    def __init__(self):
        super().__init__()
        self.units = []

    def map(self, name, function, labels):
        self.units += list(labels)
        return super().map(name, function, labels)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    return scarce(tmp_path_factory.mktemp("lift"))


@pytest.fixture(scope="module")
def base(recipe):
    return published(recipe)


@pytest.fixture(scope="module")
def index(recipe):
    return read(recipe, deep=False)


def some(index, split, labels, most):
    """Up to `most` samples of each class, and their ids."""
    samples = [s for s in index.samples(split) if s.label in labels]
    return [s for label in labels for s in [x for x in samples if x.label == label][:most]]


def version(base, name, samples, labels, parents):
    return planted(base, name, [s.payload for s in samples], labels, parents)


@pytest.fixture(scope="module")
def gain(base, index):
    real = some(index, "pool", RARE, 60)
    return version(base, "gain", real, [str(s.label) for s in real], ["" for _ in real])


@pytest.fixture(scope="module")
def harm(base, index):
    real = some(index, "pool", RARE, 60)
    wrong = [RARE[(RARE.index(str(s.label)) + 1 + i % 3) % 4] for i, s in enumerate(real)]
    return version(base, "harm", real, wrong, ["" for _ in real])


@pytest.fixture(scope="module")
def copies(base, index):
    real = some(index, "train", RARE, 4) * 4
    return version(base, "copies", real, [str(s.label) for s in real], [s.id for s in real])


@pytest.fixture(scope="module")
def reports(recipe, gain, harm, copies):
    return {v.tag: measure(recipe, v) for v in (gain, harm, copies)}


def lift_of(report):
    return next(
        row
        for row in report.tables["lift"].rows
        if "strong" in str(row["against"]) and row["arm"] == "synthetic"
    )


def test_a_planted_gain_is_found(reports, gain):
    report = reports[gain.tag]
    assert report.verdict == "lift"
    assert lift_of(report)["from"] > 0
    verdicts = {row["class"]: row["verdict"] for row in report.tables["classes"].rows}
    assert verdicts["9"] == "helped"
    assert not report.harmed


def test_a_planted_harm_is_found(reports, harm):
    report = reports[harm.tag]
    assert report.verdict == "harm"
    assert lift_of(report)["to"] < 0
    assert len(set(report.harmed) & set(RARE)) >= 2
    assert any("is harmed" in notice for notice in report.notices)


def test_copies_of_train_show_no_lift(reports, copies):
    report = reports[copies.tag]
    assert not report.lift
    assert lift_of(report)["from"] <= 0
    assert report.tables["data"].rows[0]["affinity"] == 1  # copies are recognised as often as what they copy


def test_it_is_kept_with_its_version_and_found_again(reports, recipe, gain):
    counting = Counting()
    assert measure(recipe, gain, counting) == reports[gain.tag] == kept_with(gain)
    assert counting.units == []


def test_with_shuffled_holdout_labels_no_arm_differs(recipe, gain, index, reports):
    material = gather(recipe, index, gain, lambda *_: None)
    results = Measurement([Drawn(recipe, gain, material)], InProcess(), False).results()
    report = lift_report(replace(results, labels=np.random.default_rng(0).permutation(results.labels)))
    for row in report.tables["lift"].rows:
        assert row["says"] == "not shown", row
    assert not report.lift
    assert report.tables["worth"].rows[0]["value"] is None


class Stopped(InProcess):
    """Ends after two trainings of the arms."""

    def map(self, name, function, labels):
        if name == "train and test":
            for i in range(2):
                function(i)
            raise KeyboardInterrupt
        return super().map(name, function, labels)


def test_a_measurement_goes_on_where_it_stopped_and_ends_as_if_it_had_not(tmp_path):
    recipe = scarce(tmp_path / "a", steps=20, size=8)
    one = published(recipe)
    folder = one.dataset.place / "notes" / one.tag / "lift"
    with pytest.raises(KeyboardInterrupt):
        measure(recipe, one, Stopped())
    torn, *whole = sorted(folder.iterdir())
    assert len(whole) == 4
    torn.write_bytes(b"PK torn")
    before = [path.stat().st_mtime_ns for path in whole]
    report = measure(recipe, one)
    assert [path.stat().st_mtime_ns for path in whole] == before
    assert len(list(folder.iterdir())) == 3 + 3 * len(report.tables["arms"].rows)
    other = scarce(tmp_path / "b", steps=20, size=8)
    through = measure(other, published(other))
    for key in ("lift", "classes", "searched", "data"):
        assert report.tables[key].rows == through.tables[key].rows


def test_ablation_says_which_generator_and_which_scores_earn_their_place(recipe, base, index):
    real = some(index, "pool", RARE, 40)
    right = [str(s.label) for s in real]
    wrong = [RARE[(RARE.index(c) + 1) % 4] for c in right]
    good, bad = (entry.key for entry in recipe.generate)
    n = len(real)
    mixed = planted(
        base, "mixed", [s.payload for s in real * 2], right + wrong, [""] * 2 * n,
        entries=[good] * n + [bad] * n, scores=[0.9] * n + [0.1] * n,
    )  # fmt: skip
    rows = {row["arm"]: row for row in measure(recipe, mixed, ablate=True).tables["ablation"].rows}
    first, second = (entry.name for entry in recipe.generate)
    assert rows[f"without {first}"]["says"] == "earns its place"
    assert rows[f"without {second}"]["says"] == "costs more than it brings"
    assert rows["label_agreement: lower half"]["says"] == "worse than all"
    assert rows["label_agreement: upper half"]["says"] == "better than all"


def test_a_version_of_another_recipe_is_refused(recipe, base):
    other = type(recipe).model_validate(recipe.model_dump(mode="json") | {"seed": 99})
    with pytest.raises(RecipeError, match="made by another recipe"):
        measure(other, base)


def test_over_several_draws_of_train_the_search_decides_once_and_the_spread_of_draws_counts(tmp_path):
    recipe = scarce(tmp_path, steps=20, size=8)
    drawn = [cut_recipe(recipe, {}, seed) for seed in (1, 2, 3)]
    made = [(one, published(one)) for one in drawn]
    counting = Counting()
    report = measure_draws(made, counting)
    assert report.draws == 3
    assert report.title.endswith("@v1 and 2 more draws of train")
    assert sum(row["chosen"] for row in report.tables["searched"].rows) == 2
    assert {unit.rpartition(", ")[2] for unit in counting.units} == {"draw 1", "draw 2", "draw 3"}
    assert kept_with(made[0][1], draws=3) == report
    assert kept_with(made[0][1]) is None
    alone = measure(*made[0])  # trainings of the arms are found again
    assert alone.draws == 1
    assert measure_draws(made, counting) == report


def test_draws_with_other_holdouts_cannot_be_put_together(tmp_path):
    one = scarce(tmp_path / "a", steps=20, size=8)
    data = scarce(tmp_path / "b", steps=20, size=8).model_dump(mode="json")
    data["source"]["settings"]["seed"] = 1
    other = parse_recipe(data)
    with pytest.raises(SourceError, match="different holdouts"):
        measure_draws([(one, published(one)), (other, published(other))])


def test_a_version_that_shows_what_is_required_gets_its_approved_tag_and_no_other_one(reports, base, gain):
    approve(gain)
    approve(gain)
    assert {info.tag for info in base.dataset.versions if info.approved} == {gain.tag}
    with pytest.raises(DatasetError, match="cannot be approved: .* was not measured"):
        approve(base, "no-harm")
    demanding = base.dataset.open(base.tag)
    demanding.record["recipe"]["lift"]["require"] = "lift"
    with pytest.raises(DatasetError, match="cannot be approved: .* was not measured"):
        approve(demanding)


def test_what_the_recipe_requires_is_asked_before_approval(reports, gain, harm, copies, base):
    answers = {"none": [True, True, True], "no-harm": [True, False, True], "lift": [True, False, False]}
    for require, met in answers.items():
        assert [short_of(reports[v.tag], require) is None for v in (gain, harm, copies)] == met, require
    assert "was not measured" in (short_of(None, "no-harm") or "")
    check_required(base)


def test_audit_and_card_say_what_a_version_does_to_its_classes(reports, harm):
    report = audit(harm, gallery=0)
    assert report.tables["lift_classes"].rows == reports[harm.tag].tables["classes"].rows
    assert any("Class 3 is harmed" in notice for notice in report.notices)
    card = dataset_card(harm, 10, 10)
    assert "Harms 3" in card
    assert "Lift: all arms" in card


def test_the_page_and_the_markdown_show_both_pictures_and_every_table(reports, gain):
    report = reports[gain.tag]
    page, text = lift_page(report), lift_markdown(report)
    for said in (page, text):
        assert said.count("data:image/png;base64,") == 2
        assert all(table.title in said for table in report.tables.values() if table.rows)
    assert "<polyline" in page
    assert len(text.encode()) < 650_000
