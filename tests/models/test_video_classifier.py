"""The classifier of clips: it learns what only the order of frames tells, and repeats to the byte."""

from fractions import Fraction

import numpy as np
import pytest

from synthgen.contract import LabelContract
from synthgen.device import one_thread
from synthgen.errors import ModelError
from synthgen.mixture import Mixture, Sampling, Synthetic, Use
from synthgen.modalities.video import Video
from synthgen.models.clip_frames import encoded
from synthgen.models.video_classifier import VideoReference
from synthgen.seeds import numpy_rng

NAMES = ["down", "up"]
CLASSIFIER = VideoReference()


def _clip(label: int, i: int):
    """A square that falls or rises: no single frame tells which."""
    rng = numpy_rng("falls", label, i)
    place, ground = int(rng.integers(0, 24)), rng.integers(0, 90, 3)
    pictures = []
    for t in range(20):
        picture = np.full((32, 32, 3), ground, np.uint8)
        y = (t + int(ground[0])) % 24 if label == 0 else 23 - (t + int(ground[0])) % 24
        picture[y : y + 8, place : place + 8] = 230
        pictures.append(picture)
    return encoded(pictures, Fraction(25))


@pytest.fixture(scope="module")
def data():
    one_thread()
    labels = np.array([i % 2 for i in range(48)])
    return [CLASSIFIER.small(_clip(label, i)) for i, label in enumerate(labels)], labels


@pytest.fixture(scope="module")
def trained(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    payloads, labels = data
    CLASSIFIER.train(payloads[:32], labels[:32], NAMES, LabelContract(), folder, steps=60, seed=1)
    return folder


def test_it_learns_which_way_something_moves(data, trained):
    payloads, labels = data
    seen = CLASSIFIER.predict(CLASSIFIER.load(trained, "cpu"), payloads[32:])
    assert (seen.argmax(1) == labels[32:]).mean() >= 0.9
    np.testing.assert_allclose(seen.sum(1), 1, atol=1e-5)


def test_training_again_gives_the_same_bytes(data, tmp_path):
    payloads, labels = data
    for name in "ab":
        CLASSIFIER.train(payloads[:8], labels[:8], NAMES, LabelContract(), tmp_path / name, steps=3, seed=1)
    a, b = ((tmp_path / name / "model.safetensors").read_bytes() for name in "ab")
    assert a == b


def test_a_prediction_knows_no_neighbours(data, trained):
    model = CLASSIFIER.load(trained, "cpu")
    together = CLASSIFIER.predict(model, data[0][:18])
    np.testing.assert_array_equal(CLASSIFIER.predict(model, data[0][17:18])[0], together[17])


def test_a_mixture_with_synthetic_clips_trains(data, tmp_path):
    payloads, labels = data
    made = Synthetic(payloads[8:12], np.eye(2, dtype=np.float32)[labels[8:12]], labels[8:12], np.full(4, -1))
    mixture = Mixture(payloads[:8], labels[:8], Sampling(reach=1.0), made, Use(share=0.5))
    learnt = CLASSIFIER.train_mixture(mixture, NAMES, LabelContract(), tmp_path, steps=4, seed=2)
    assert len(learnt.losses) == 4


def test_varied_clips_are_moved_alike_in_all_frames(data):
    payloads, labels = data
    standing = [np.repeat(payload[:1], len(payload), 0) for payload in payloads[:3]]
    for before, after in zip(
        standing, CLASSIFIER.varied(standing, labels[:3], NAMES, LabelContract(), 1), strict=True
    ):
        assert after.shape == before.shape
        assert (after != before).any()
        np.testing.assert_array_equal(after, np.repeat(after[:1], len(after), 0))


def test_small_clips_are_embedded_each_for_itself(data):
    together = CLASSIFIER.embed(Video(), data[0][:5])
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(CLASSIFIER.embed(Video(), data[0][2:3])[0], together[2])
    assert together[0] @ together[2] > together[0] @ together[1], "of its own class"


def test_another_folder_is_an_error_in_words(tmp_path):
    with pytest.raises(ModelError, match="holds no classifier of clips"):
        CLASSIFIER.load(tmp_path, "cpu")
