import numpy as np
import pytest

from synthgen.contract import LabelContract
from synthgen.mixture import Mixture, Sampling, Synthetic, Use
from synthgen.models.image_classifier import ImageReference

REFERENCE = ImageReference()
NAMES, CONTRACT = ["dark", "light"], LabelContract()


def pictures(labels, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 60, (16, 16, 3)).astype(np.uint8) + np.uint8(150 * c) for c in labels]


def train(folder, seed=0, steps=30, **how):
    labels = np.array([0] * 12 + [1] * 4)
    mixture = Mixture(pictures(labels), labels, **how)
    learnt = REFERENCE.train_mixture(mixture, NAMES, CONTRACT, folder, steps=steps, seed=seed)
    return learnt, REFERENCE.load(folder, "cpu")


def wrong(n=8):
    """Dark pictures that claim to be light."""
    labels = np.ones(n, np.int64)
    return Synthetic(pictures([0] * n, 7), np.eye(2, dtype=np.float32)[labels], labels, np.full(n, -1))


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(False, 0.0), Sampling(False, 2.0, 1.0)])
def test_it_learns_from_real_pictures_whatever_the_sampling(tmp_path, sampling):
    learnt, model = train(tmp_path, sampling=sampling)
    assert REFERENCE.predict(model, pictures([0, 1, 0, 1], 5)).argmax(1).tolist() == [0, 1, 0, 1]
    assert learnt.losses[-1] < learnt.losses[0]


def test_only_wrong_pictures_of_a_class_teach_the_wrong_thing(tmp_path):
    _, model = train(tmp_path, synthetic=wrong(), use=Use(share=1.0))
    assert REFERENCE.predict(model, pictures([0] * 20, 5))[:, 1].mean() > 0.3


def test_a_weight_of_zero_takes_synthetic_pictures_out_of_the_loss(tmp_path):
    _, model = train(tmp_path, synthetic=wrong(), use=Use(share=0.5, weight=0.0))
    assert REFERENCE.predict(model, pictures([0, 1], 5)).argmax(1).tolist() == [0, 1]


def test_soft_targets_are_learnt_as_such(tmp_path):
    n = 8
    half = Synthetic(
        pictures([1] * n, 7), np.full((n, 2), 0.5, np.float32), np.ones(n, np.int64), np.full(n, -1)
    )
    _, model = train(tmp_path, steps=60, synthetic=half, use=Use(share=1.0))
    assert 0.3 < REFERENCE.predict(model, pictures([1] * 10, 5))[:, 1].mean() < 0.7


def test_the_same_seed_trains_the_same_bytes(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(tmp_path / name, seed, steps=3, synthetic=wrong(), use=Use(share=0.5))
    a, b, c = ((tmp_path / n / "model.safetensors").read_bytes() for n in "abc")
    assert a == b != c


def test_varied_pictures_stay_pictures_and_differ():
    before = pictures([0, 1])
    after = REFERENCE.varied(before, np.array([0, 1]), NAMES, CONTRACT, 0)
    assert [p.shape for p in after] == [(16, 16, 3)] * 2
    assert after[0].dtype == np.uint8
    assert all((a != b).any() for a, b in zip(after, before, strict=True))
