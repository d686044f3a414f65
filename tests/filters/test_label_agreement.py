import numpy as np
import pytest
from pydantic import ValidationError
from real_digits import IMAGE, Fit, as_sample, real
from tiny_networks import COLOURS, coloured, network

from synthgen.errors import ModelError, RecipeError
from synthgen.filters.label_agreement import LabelAgreement, Model, folds
from synthgen.sample import Candidate
from synthgen.seeds import torch_init

CLASSES = "0147"


@pytest.fixture(scope="module")
def fit(tmp_path_factory) -> Fit:
    many, few = real("train", 40, "014"), real("train", 3, "7")
    only = as_sample(np.full((32, 32, 3), 200, np.uint8), "only one")
    settings = LabelAgreement(folds=4, steps=60)
    return Fit(settings, tmp_path_factory.mktemp("label_agreement"), [*many, *few, only])


def test_right_labels_pass_and_wrong_ones_do_not(fit):
    unseen = real("holdout", 25, "014")
    assert fit.passed(unseen) > 0.85
    wrong = [as_sample(s.payload, "014"[("014".index(str(s.label)) + 1) % 3]) for s in unseen]
    assert fit.passed(wrong) < 0.07


def test_the_reason_names_what_it_looks_like(fit):
    verdict = fit.judge(real("holdout", 1, "0")[0].payload, "1")
    assert verdict.reason.startswith("looks like 0 (p=0.")
    assert "not 1 (p=0.0" in verdict.reason
    assert "needs" in verdict.reason


def test_classes_too_small_for_the_folds_are_named(fit):
    assert "7 (3)" in fit.facts["notes"][0]
    assert "only one (1)" in fit.facts["notes"][0]
    assert set(fit.facts["probability needed"]) == {"0", "1", "4", "7", "only one"}


def test_each_sample_but_the_only_one_of_a_class_is_left_out_once():
    labels = np.array([0] * 11 + [1] * 2 + [2])
    fold = folds(labels, 5, seed=0)
    assert sorted(np.bincount(fold[:11], minlength=5)) == [2, 2, 2, 2, 3]
    assert fold[11] != fold[12]
    assert fold[13] == -1


@pytest.mark.parametrize(("others", "needed"), [((0.0, 0.1), 0.35), ((0.4, 0.6), 0.6), ((0.8, 0.99), 0.8)])
def test_more_than_most_needed_is_asked_only_where_other_classes_get_more(others, needed):
    of_a = np.concatenate([np.linspace(0.8, 1, 500), np.linspace(*others, 500)])
    found = LabelAgreement(most_needed=0.35)._threshold(
        np.stack([of_a, 1 - of_a], 1), np.repeat([0, 1], 500), 0
    )
    assert abs(found - needed) < 0.03


def judged(seen: dict[str, float], label: str | None, **weights: float):
    names = list(seen)
    model = Model(lambda _: np.array([list(seen.values())]), names, dict.fromkeys(names, 0.3))
    some = [Candidate(np.zeros((8, 8, 3), np.uint8), label, weights=weights or None)]
    return LabelAgreement().score(IMAGE, some, model)[0]


def test_a_soft_label_needs_its_share_of_each_heavy_class():
    assert judged({"a": 0.6, "b": 0.3, "c": 0.1}, "a", a=0.6, b=0.4).passed
    assert not judged({"a": 0.95, "b": 0.01, "c": 0.04}, "a", a=0.6, b=0.4).passed
    assert judged({"a": 0.95, "b": 0.01, "c": 0.04}, "a", a=0.8, b=0.2).passed


def test_without_a_label_nothing_is_rejected_and_an_unknown_one_is():
    assert judged({"a": 0.5, "b": 0.5}, None).passed
    assert not judged({"a": 0.5, "b": 0.5}, "c").passed


def test_settings_out_of_range_are_refused():
    with pytest.raises(ValidationError):
        LabelAgreement(folds=1)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ModelError, match="is no folder"):
        Fit(LabelAgreement(model=str(tmp_path / "none")), tmp_path, real("train", 2))


def test_a_transformers_classifier_may_take_the_place_of_the_ensemble(tmp_path):
    from transformers import ViTConfig, ViTForImageClassification

    labels = dict(enumerate(CLASSES))
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    with torch_init("vit"):
        network = ViTForImageClassification(ViTConfig(**shape, image_size=16, patch_size=8, id2label=labels))
    network.save_pretrained(tmp_path / "vit")
    (tmp_path / "fit").mkdir()
    given = Fit(LabelAgreement(model=str(tmp_path / "vit")), tmp_path / "fit", real("train", 4, CLASSES))
    assert 0 < given.judge(real("holdout", 1, "0")[0].payload, "0").score < 1
    with pytest.raises(ModelError, match="does not know the class '5'"):
        Fit(LabelAgreement(model=str(tmp_path / "vit")), tmp_path / "fit", real("train", 2, "5"))


def test_settings_that_were_there_before_decide_alone_unless_others_are_used():
    plain = LabelAgreement().identity()
    assert set(plain) == {"model", "folds", "steps", "right_share", "wrong_share", "most_needed"}
    assert LabelAgreement(backbone="a").identity() == plain | {"backbone": "a"}
    described = LabelAgreement(zero_shot="a", descriptions={"0": "zero"}).identity()
    assert described["prompt"] == "a photo of a {label}"
    assert described["descriptions"] == {"0": "zero"}


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"model": "a", "backbone": "b"}, "model and backbone stand together: keep one"),
        ({"backbone": "a", "zero_shot": "b"}, "backbone and zero_shot stand together: keep one"),
        ({"backbone": "a", "prompt": "a {label}"}, "prompt is read by zero_shot alone"),
        ({"descriptions": {"0": "zero"}}, "descriptions is read by zero_shot alone"),
        ({"zero_shot": "a", "prompt": "a photo"}, "the template needs {label}"),
        ({"zero_shot": ""}, "at least 1 character"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, said):
    with pytest.raises(ValidationError, match=said):
        LabelAgreement(**settings)


@pytest.fixture(scope="module")
def on_backbone(tmp_path_factory) -> Fit:
    root = tmp_path_factory.mktemp("on_backbone")
    settings = LabelAgreement(folds=4, steps=100, backbone=str(network("resnet", root / "resnet")))
    (root / "fit").mkdir()
    return Fit(settings, root / "fit", real("train", 40, "014"))


def test_heads_on_a_frozen_network_may_take_the_place_of_the_ensemble(on_backbone):
    unseen = real("holdout", 25, "014")
    assert on_backbone.passed(unseen) > 0.85
    wrong = [as_sample(s.payload, "014"[("014".index(str(s.label)) + 1) % 3]) for s in unseen]
    assert on_backbone.passed(wrong) < 0.15


def judge_alone_and_together(fit, candidates):
    together = fit.filter.score(IMAGE, candidates, fit.model)
    assert together == fit.filter.score(IMAGE, candidates[::-1], fit.model)[::-1]
    assert together == [fit.filter.score(IMAGE, [c], fit.model)[0] for c in candidates]


def test_verdicts_of_heads_do_not_depend_on_neighbours(on_backbone):
    judge_alone_and_together(on_backbone, [Candidate(s.payload, s.label) for s in real("holdout", 9, "014")])


def squares(n, seed):
    return [as_sample(p, label) for label in COLOURS for p in coloured(label, n, seed)]


def test_zero_shot_clip_may_take_the_place_of_the_ensemble(tiny_clip, tmp_path):
    fit = Fit(LabelAgreement(zero_shot=str(tiny_clip)), tmp_path, squares(10, 3))
    assert not list(tmp_path.glob("fold*"))
    assert fit.facts["real samples seen right"] == dict.fromkeys(COLOURS, 1.0)
    unseen = squares(10, 4)
    assert fit.passed(unseen) > 0.9
    following = dict(zip(COLOURS, [*list(COLOURS)[1:], "red"], strict=True))
    assert fit.passed([as_sample(s.payload, following[s.label]) for s in unseen]) < 0.1
    judge_alone_and_together(fit, [Candidate(s.payload, s.label) for s in unseen])


def test_zero_shot_classes_may_be_described_in_other_words(tiny_clip, tmp_path):
    names = dict(zip(COLOURS, ("class 1", "class 2", "class 3"), strict=True))
    real_ones = [as_sample(s.payload, names[str(s.label)]) for s in squares(10, 3)]
    words = {name: colour for colour, name in names.items()}
    fit = Fit(LabelAgreement(zero_shot=str(tiny_clip), descriptions=words), tmp_path, real_ones)
    assert fit.facts["real samples seen right"] == dict.fromkeys(words, 1.0)
    with pytest.raises(
        RecipeError, match="describes 'class 4', but the source has no such class. Did you mean"
    ):
        Fit(LabelAgreement(zero_shot=str(tiny_clip), descriptions={"class 4": "red"}), tmp_path, real_ones)
