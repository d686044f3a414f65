"""The classifier of sounds: it learns what is heard, and repeats to the byte."""

import numpy as np
import pytest
from sounds import tone

from synthgen.contract import LabelContract
from synthgen.device import one_thread
from synthgen.errors import ModelError
from synthgen.mixture import Mixture, Sampling, Synthetic, Use
from synthgen.modalities.audio import Audio
from synthgen.models.audio_classifier import AudioReference
from synthgen.models.sound import rounded
from synthgen.seeds import numpy_rng

NAMES = ["down", "up"]
CLASSIFIER = AudioReference()


def _sound(label: int, i: int):
    """Two notes, of which the second is higher or lower: no single moment tells which."""
    rng = numpy_rng("notes", label, i)
    low = rng.uniform(300, 900)
    notes = [low, 1.5 * low] if label else [1.5 * low, low]
    waves = [tone(hertz, rng.uniform(0.15, 0.25), rng.uniform(0.1, 0.5)).samples for hertz in notes]
    whole = np.concatenate(waves)
    return rounded(whole + 0.005 * rng.standard_normal(whole.shape), 8000)


@pytest.fixture(scope="module")
def data():
    one_thread()
    labels = np.array([i % 2 for i in range(64)])
    return [CLASSIFIER.small(_sound(label, i)) for i, label in enumerate(labels)], labels


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sounds")
    payloads, labels = data
    CLASSIFIER.train(payloads[:48], labels[:48], NAMES, LabelContract(), folder, steps=80, seed=1)
    return folder


def test_it_learns_which_note_comes_first(data, trained):
    payloads, labels = data
    seen = CLASSIFIER.predict(CLASSIFIER.load(trained, "cpu"), payloads[48:])
    assert (seen.argmax(1) == labels[48:]).mean() >= 0.85
    np.testing.assert_allclose(seen.sum(1), 1, atol=1e-5)


def test_what_it_sees_knows_no_level_and_is_silent_around_a_short_sound():
    loud, quiet = (CLASSIFIER.small(tone(500, 0.3, level)) for level in (0.5, 0.25))
    assert loud.shape == (32, 64)
    assert np.abs(loud.astype(int) - quiet).max() <= 3
    assert not loud[:, :20].any()
    assert not loud[:, -20:].any()
    assert CLASSIFIER.small(tone(500, 3.0)).any(0).all(), "of a long one all is seen"


def test_training_again_gives_the_same_bytes(data, tmp_path):
    payloads, labels = data
    for name in "ab":
        CLASSIFIER.train(payloads[:8], labels[:8], NAMES, LabelContract(), tmp_path / name, steps=3, seed=1)
    a, b = ((tmp_path / name / "model.safetensors").read_bytes() for name in "ab")
    assert a == b


def test_a_prediction_knows_no_neighbours(data, trained):
    model = CLASSIFIER.load(trained, "cpu")
    together = CLASSIFIER.predict(model, data[0][:40])
    np.testing.assert_array_equal(CLASSIFIER.predict(model, data[0][33:34])[0], together[33])


def test_a_mixture_with_synthetic_sounds_trains(data, tmp_path):
    payloads, labels = data
    made = Synthetic(payloads[8:12], np.eye(2, dtype=np.float32)[labels[8:12]], labels[8:12], np.full(4, -1))
    mixture = Mixture(payloads[:8], labels[:8], Sampling(reach=1.0), made, Use(share=0.5))
    learnt = CLASSIFIER.train_mixture(mixture, NAMES, LabelContract(), tmp_path, steps=4, seed=2)
    assert len(learnt.losses) == 4


def test_varied_sounds_differ_and_keep_their_shape(data):
    payloads, labels = data
    varied = CLASSIFIER.varied(payloads[:4], labels[:4], NAMES, LabelContract(), 1)
    assert len(varied) == 4
    for before, after in zip(payloads, varied, strict=False):
        assert (after.shape, after.dtype) == (before.shape, before.dtype)
        assert (after != before).any()
    assert CLASSIFIER.varied([], labels[:0], NAMES, LabelContract(), 1) == []


def test_small_sounds_are_embedded_each_for_itself_and_nearly_as_whole_ones(data):
    together = CLASSIFIER.embed(Audio(), data[0][:5])
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(CLASSIFIER.embed(Audio(), data[0][2:3])[0], together[2])
    assert CLASSIFIER.embed(Audio(), []).shape[0] == 0


def test_another_folder_is_an_error_in_words(tmp_path):
    with pytest.raises(ModelError, match="holds no classifier of sounds"):
        CLASSIFIER.load(tmp_path, "cpu")
