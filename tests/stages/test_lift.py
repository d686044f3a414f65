from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image as Pictures

from synthgen import pipeline
from synthgen.errors import DatasetError, SourceError
from synthgen.lift_arms import BASELINES, Arm, Choice, Unit, subset_sizes, variants, ways
from synthgen.mixture import Use
from synthgen.recipe import parse_recipe
from synthgen.stages.lift import Kept, gather, train_unit, validation_rows
from synthgen.stages.read import read


def pictures(root, **counts):
    rng = np.random.default_rng(len(root.name))
    for label, n in counts.items():
        (root / label).mkdir(parents=True)
        for i in range(n):
            grey = rng.integers(0, 80, (16, 16, 3)) + (140 if label == "light" else 0)
            Pictures.fromarray(grey.astype(np.uint8)).save(root / label / f"{i}.png")
    return str(root)


def recipe(tmp_path, **source):
    return parse_recipe(
        {
            "name": "greys",
            "source": {"reader": "image_folder"} | source,
            "targets": {"counts": {"light": 8}},
            "contract": {"every": {"mirror": True}},
            "generate": [{"use": "image/affine"}],
            "filter": [{"use": "readable"}],
            "publish": {"to": str(tmp_path / "outputs")},
            "lift": {"steps": 20, "size": 16},
        }
    )


@pytest.fixture
def greys(tmp_path):
    train = pictures(tmp_path / "train", dark=8, light=4)
    holdout = pictures(tmp_path / "holdout", dark=3, light=3)
    return recipe(tmp_path, path=train, holdout=holdout)


def material(one):
    return gather(one, read(one), pipeline.run(one).version, lambda *_: None)


def test_everything_is_gathered_small_with_labels_and_parents(greys):
    found = material(greys)
    assert found.names == ("dark", "light")
    assert [len(part.labels) for part in (found.train, found.holdout, found.pool)] == [12, 6, 0]
    assert found.train.payloads[0].shape == (16, 16, 3)
    assert found.kept.labels.tolist() == [1] * 4
    assert set(found.kept.parents) <= set(found.train.ids)
    np.testing.assert_array_equal(found.kept.targets, [[0, 1]] * 4)


@pytest.mark.parametrize(
    ("train", "holdout", "said"),
    [
        ({"dark": 4, "light": 4}, None, "the source has none"),
        ({"dark": 4, "light": 4}, {"dark": 3}, "holds nothing of the class 'light'"),
        (
            {"dark": 4, "light": 4},
            {"dark": 3, "light": 1},
            "holdout has one sample alone of the class 'light'",
        ),
        ({"dark": 4, "light": 1}, {"dark": 3, "light": 3}, "train has one sample alone of the class 'light'"),
        ({"light": 4}, {"light": 3}, "at least two classes"),
    ],
)
def test_a_source_that_can_measure_nothing_is_told(tmp_path, train, holdout, said):
    folders = {"path": pictures(tmp_path / "train", **train)}
    if holdout:
        folders["holdout"] = pictures(tmp_path / "holdout", **holdout)
    with pytest.raises(SourceError, match=said):
        material(recipe(tmp_path, **folders))


def test_another_source_is_told(tmp_path, greys):
    version = pipeline.run(greys).version
    shutil.rmtree(tmp_path / "train" / "dark")
    pictures(tmp_path / "train", dark=6)
    with pytest.raises(
        SourceError, match="another source: it had .*12 train items, this one has 10 train items"
    ):
        gather(greys, read(greys), version, lambda *_: None)


def test_a_pool_that_is_named_later_is_no_other_source(tmp_path, greys):
    version = pipeline.run(greys).version
    pool = pictures(tmp_path / "pool", light=5, odd=2)
    later = greys.model_copy(update={"source": greys.source.model_copy(update={"pool": pool})})
    assert len(gather(later, read(later), version, lambda *_: None).pool.labels) == 5


def test_nothing_kept_is_nothing_to_measure(tmp_path, greys):
    data = json.loads(greys.model_dump_json()) | {"targets": {"counts": {"light": 2}}}
    with pytest.raises(DatasetError, match="nothing to measure"):
        material(parse_recipe(data))


def test_a_validation_part_holds_some_of_each_class_and_its_own_samples_are_not_trained_on(greys):
    found = material(greys)
    mask = validation_rows(found, 0)
    assert np.bincount(found.train.labels[mask]).tolist() == [2, 1]
    assert (mask != validation_rows(found, 1)).any()
    unit = Unit(Arm("synthetic", BASELINES["balanced"], Use(share=0.5), steps=20, search=0), 0)
    outcome = train_unit(found, unit)
    hidden = {i for i, held in zip(found.train.ids, mask, strict=True) if held}
    assert outcome.predicted.shape == (3, 2)
    assert len(outcome.kept) == sum(bool(hidden & set(sources)) for sources in found.kept.sources)


def test_the_outcome_repeats_to_the_bit(greys):
    found = material(greys)
    unit = Unit(Arm("synthetic", BASELINES["adjusted"], Use(share=0.5, replace=0.5), steps=20), 1)
    one, two = train_unit(found, unit), train_unit(found, unit)
    np.testing.assert_array_equal(one.predicted, two.predicted)
    assert (one.survived, one.train_accuracy) == (two.survived, two.train_accuracy)


def test_choices_leave_out_a_generator_or_take_half_by_score_class_by_class():
    labels = np.array([0, 0, 1, 1])
    kept = Kept([], np.eye(2, dtype=np.float32)[labels], labels, ((),) * 4, ("",) * 4, ("a", "b", "a", "b"),
                {"fit": np.array([1.0, 2.0, 9.0, 8.0]), "flat": np.ones(4)})  # fmt: skip
    assert kept.bands == ["fit"]
    assert kept.chosen(Choice()).tolist() == [True] * 4
    assert kept.chosen(Choice(without="a")).tolist() == [False, True, False, True]
    assert kept.chosen(Choice(filter="fit", band="lower half")).tolist() == [True, False, False, True]
    assert kept.chosen(Choice(filter="fit", band="upper half")).tolist() == [False, True, True, False]


def test_what_is_trained_on_real_samples_alone_is_found_for_every_version():
    base, with_samples = (
        Arm("a", BASELINES["balanced"], steps=5),
        Arm("a", BASELINES["balanced"], Use(0.5), steps=5),
    )
    assert (
        Unit(base, 0).key("real", "v1") == Unit(base, 0).key("real", "v2") != Unit(base, 1).key("real", "v1")
    )
    assert Unit(with_samples, 0).key("real", "v1") != Unit(with_samples, 0).key("real", "v2")
    assert Unit(Arm("a", BASELINES["balanced"], steps=5, search=0), 0).key("real", "v1") != Unit(
        Arm("a", BASELINES["balanced"], steps=5, search=0), 0
    ).key("real", "v2")


def test_the_search_changes_one_thing_at_a_time():
    assert [use.share for use in ways([0.1, 0.5])] == [0.1, 0.5]
    assert variants(Use(0.5), [0.5], [0.5], [0.25]) == [
        Use(0.5, weight=0.5),
        Use(0.5, start=0.5),
        Use(0.5, replace=0.25),
    ]
    assert subset_sizes(0, (0.05, 0.2)) == ()
    assert subset_sizes(60, (0.05, 0.2)) == (3, 12, 60)
    assert subset_sizes(60, ()) == (60,)
