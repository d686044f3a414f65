"""Models are trained once, found again by what they were trained on, and the same every time."""

import logging
import os
import time

import pytest
from digits import digits as recipe_on_digits

from synthgen.errors import ModelError
from synthgen.seeds import folder_sha256
from synthgen.stages.fit import fit, fitted, trainings
from synthgen.stages.read import read

GAN = {"use": "image/gan", "fit_steps": 2}


def digits(place, **changes):
    return recipe_on_digits(place, filters=(), **changes)


def quiet(done, total, seen):
    pass


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return read(digits(tmp_path_factory.mktemp("out")))


def ready(recipe, index, folder):
    (training,) = trainings(recipe, index, range(len(recipe.generate)), folder)
    return training, fit(recipe, index, training, folder, quiet)


def test_a_model_is_kept_by_its_hash_and_found_again(index, tmp_path):
    recipe = digits(tmp_path, generate=[GAN])
    training, facts = ready(recipe, index, tmp_path / "models")
    folder = tmp_path / "models" / facts["weights_sha256"]
    assert not training.found
    assert folder_sha256(folder) == folder.name
    assert {p.suffix for p in folder.iterdir()} == {".json", ".safetensors"}
    times = {p: p.stat().st_mtime_ns for p in folder.iterdir()}
    training, again = ready(recipe, index, tmp_path / "models")
    assert (training.found, again) == (True, facts)
    assert {p: p.stat().st_mtime_ns for p in folder.iterdir()} == times


def test_training_twice_gives_the_same_bytes(index, tmp_path):
    recipe = digits(tmp_path, generate=[GAN])
    facts = [ready(recipe, index, tmp_path / name)[1]["weights_sha256"] for name in "ab"]
    assert facts[0] == facts[1]


def test_other_data_settings_seed_or_contract_train_another_model(index, tmp_path):
    changes = [{}, {"seed": 1}, {"contract": {}}, {"generate": [GAN | {"fit_steps": 3}]}]
    keys = {
        trainings(digits(tmp_path, **({"generate": [GAN]} | c)), index, [0], tmp_path)[0].key for c in changes
    }
    other = read(digits(tmp_path, source={"reader": "digits", "cut": {"6": 11}}))
    keys.add(trainings(digits(tmp_path, generate=[GAN]), other, [0], tmp_path)[0].key)
    assert len(keys) == len(changes) + 1


def test_a_generator_without_jobs_is_not_trained(index, tmp_path):
    assert trainings(digits(tmp_path, generate=[GAN]), index, [], tmp_path) == []


def test_the_hash_that_samples_name_counts_the_device_and_the_batch_shape(index, tmp_path, monkeypatch):
    recipe = digits(tmp_path, generate=[GAN])
    training, facts = ready(recipe, index, tmp_path / "models")
    here = fitted(recipe, training, facts, tmp_path / "models").sha256
    monkeypatch.setenv("SYNTHGEN_DEVICE", "cuda")
    assert fitted(recipe, training, facts, tmp_path / "models").sha256 != here != facts["weights_sha256"]


def test_a_failed_training_leaves_nothing_behind(index, tmp_path, monkeypatch):
    recipe = digits(tmp_path, generate=[GAN])
    (training,) = trainings(recipe, index, [0], tmp_path / "models")

    def stop(done, total, seen):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(recipe, index, training, tmp_path / "models", stop)
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize("left", [b"", b"{", b"[]", b"{}"])
def test_a_model_whose_note_a_crash_cut_off_is_trained_anew(index, tmp_path, left):
    recipe, models = digits(tmp_path, generate=[GAN]), tmp_path / "models"
    training, facts = ready(recipe, index, models)
    note = models / f"{training.key}.json"
    note.write_bytes(left)
    training, again = ready(recipe, index, models)
    assert (training.found, again) == (False, facts)
    assert ready(recipe, index, models)[0].found


@pytest.mark.parametrize("content", [b"", b"[[900, 900]]"])
def test_a_model_that_was_altered_is_trained_anew(index, tmp_path, content, caplog):
    recipe, models = digits(tmp_path, generate=[GAN]), tmp_path / "models"
    _, facts = ready(recipe, index, models)
    folder = models / facts["weights_sha256"]
    next(folder.iterdir()).write_bytes(content)
    with caplog.at_level(logging.WARNING):
        assert ready(recipe, index, models)[1] == facts
    assert "image/gan has changed since it was trained: it is trained anew" in caplog.text
    assert folder_sha256(folder) == folder.name


def test_what_killed_trainings_left_long_ago_is_removed(index, tmp_path):
    models = tmp_path / "models"
    old, new = models / ".old-1", models / ".new-2"
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / "weights").touch()
    (models / ".note.draft").touch()
    for path in (old, models / ".note.draft"):
        os.utime(path, (0, time.time() - 100_000))
    ready(digits(tmp_path, generate=[GAN]), index, models)
    assert {p.name for p in models.glob(".*")} == {".new-2"}


@pytest.mark.parametrize("key", ["model", "backbone", "zero_shot"])
def test_other_weights_in_the_folder_that_a_filter_was_given_make_it_another_model(index, tmp_path, key):
    (tmp_path / "given").mkdir()
    recipe = digits(tmp_path, filter=[{"use": "label_agreement", key: str(tmp_path / "given")}])
    seen = set()
    for weights in ("a", "b"):
        (tmp_path / "given" / "model.safetensors").write_text(weights)
        (training,) = trainings(recipe, index, [], tmp_path / "models")
        same = {"weights_sha256": "thresholds"}
        seen |= {training.key, fitted(recipe, training, same, tmp_path / "models").sha256}
    assert len(seen) == 4


@pytest.mark.parametrize("key", ["model", "backbone", "zero_shot"])
def test_a_folder_of_a_filter_that_is_not_there_is_refused_before_anything_is_trained(index, tmp_path, key):
    recipe = digits(tmp_path, filter=[{"use": "label_agreement", key: str(tmp_path / "none")}])
    with pytest.raises(ModelError, match="is no folder"):
        trainings(recipe, index, [], tmp_path / "models")
