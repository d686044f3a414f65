"""Models are trained once, found again by what they were trained on, and the same every time."""

import pytest
from digits import digits as recipe_on_digits

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
