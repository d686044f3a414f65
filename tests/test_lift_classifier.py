"""Lift with a head on a frozen network in place of the modality's own small classifier."""

from __future__ import annotations

import numpy as np
import pytest
from planted import published, scarce
from tiny_networks import network

from synthgen.dataset_card import dataset_card
from synthgen.errors import ModelError, RecipeError
from synthgen.lift_page import lift_page
from synthgen.lift_report import every
from synthgen.measuring import measure
from synthgen.recipe import Recipe
from synthgen.stages.audit import audit
from synthgen.stages.lift import gather
from synthgen.stages.read import read

FEW = {"steps": 21, "size": 16}


def with_classifier(recipe: Recipe, classifier: str) -> Recipe:
    return recipe.model_copy(update={"lift": recipe.lift.model_copy(update={"classifier": classifier})})


@pytest.fixture(scope="module")
def resnet(tmp_path_factory):
    return network("resnet", tmp_path_factory.mktemp("networks") / "resnet")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    return scarce(tmp_path_factory.mktemp("lift"), **FEW)


@pytest.fixture(scope="module")
def version(recipe):
    return published(recipe)


@pytest.fixture(scope="module")
def reports(recipe, version, resnet):
    """Of the small classifier and of the head, measured in turn."""
    return {name: measure(with_classifier(recipe, name), version) for name in ("reference", str(resnet))}


def arm(report, name):
    return next(row for row in report.tables["arms"].rows if row["arm"] == name)


@pytest.mark.slow
def test_each_classifier_has_its_result_and_says_who_it_is(reports, resnet):
    own, head = reports.values()
    assert own.key != head.key
    assert "image_classifier" in lift_page(own)
    assert "a linear head on resnet" in lift_page(head)
    assert lift_page(head).count("<polyline") == lift_page(own).count("<polyline") > 0  # learning curves
    assert set(own.tables["arms"].rows[0]) == set(head.tables["arms"].rows[0])


@pytest.mark.slow
def test_the_audit_and_the_card_keep_both_results(reports, version):
    own, head = reports.values()
    assert every(version) == [own, head]
    found = audit(version, gallery=0)
    assert found.tables["lift_arms"].rows == own.tables["arms"].rows
    for said in (dataset_card(version, 10, 10), "\n".join(found.notices)):
        assert "Lift with a linear head on resnet" in said.replace("\\", "")


@pytest.mark.slow
def test_a_result_is_found_again_and_none_is_taken_for_the_other(reports, recipe, version, resnet):
    folder = version.dataset.place / "notes" / version.tag / "lift"
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    for name, report in reports.items():
        again = measure(with_classifier(recipe, name), version)
        assert again.key == report.key
        assert again.tables["lift"].rows == report.tables["lift"].rows
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_head_on_a_random_network_learns_digits(recipe, version, resnet, tmp_path):
    one = with_classifier(recipe, str(resnet))
    material = gather(one, read(one, deep=False), version, lambda *_: None)
    head, train, test = material.classifier, material.train, material.holdout
    head.train(train.payloads, train.labels, material.names, material.contract, tmp_path, steps=300, seed=0)
    found = head.predict(head.load(tmp_path, "cpu"), test.payloads).argmax(1)
    recall = [(found[test.labels == c] == c).mean() for c in range(10)]
    assert np.mean(recall) > 0.5


def test_only_the_weights_and_not_their_place_decide_what_is_kept(recipe, version, resnet, tmp_path):
    def real(classifier):
        one = with_classifier(recipe, classifier)
        return gather(one, read(one, deep=False), version, lambda *_: None).real

    moved = network("resnet", tmp_path / "elsewhere")
    assert len({real(str(resnet)), real(str(moved)), real("reference")}) == 2
    (moved / "README.md").write_text("other bytes")
    assert real(str(moved)) != real(str(resnet))


@pytest.mark.parametrize(
    ("named", "said"), [("no/such@main", "40 hex digits"), ("refrence", "is no folder"), (".", "config.json")]
)
def test_what_is_no_network_is_told_before_anything_is_trained(recipe, version, named, said):
    with pytest.raises(ModelError, match=said):
        measure(with_classifier(recipe, named), version)


def test_no_name_is_no_classifier(tmp_path):
    with pytest.raises(RecipeError, match="classifier"):
        scarce(tmp_path, classifier="")
