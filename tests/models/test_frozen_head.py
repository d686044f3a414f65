import numpy as np
import pytest

from synthgen.contract import LabelContract
from synthgen.errors import ModelError
from synthgen.mixture import Mixture, Sampling, Synthetic, Use
from synthgen.models.frozen_head import FrozenHead

NAMES, CONTRACT = ["dark", "light"], LabelContract()


class Tones(FrozenHead):
    """A frozen network as simple as can be: payloads are vectors, and it scales and mixes them."""

    at_once = 5

    def __init__(self, name="tones"):
        super().__init__()
        self.name, self.looked_at = name, 0

    def identity(self):
        return self.name

    def key(self, payload):
        return payload.tobytes()

    def features_of(self, payloads, device):
        self.looked_at += len(payloads)
        assert len(payloads) <= self.at_once
        rows = np.stack(payloads)
        a, b, c = rows.T
        return np.stack([100 * a, b, c, b + c, b - c], 1).astype(np.float32)

    def varied(self, payloads, labels, names, contract, seed, reach=1.0):
        return [(one + np.float32(0.01 * reach * (seed + 1))).astype(np.float32) for one in payloads]


def tones(labels, seed=0):
    rng = np.random.default_rng(seed)
    rows = rng.normal(0, 1, (len(labels), 3))
    rows[:, 2] = 0.1 * rows[:, 2] + np.asarray(labels)
    return list(rows.astype(np.float32))


def train(folder, seed=0, steps=60, network=None, **how):
    network = network or Tones()
    labels = np.array([0] * 24 + [1] * 8)
    learnt = network.train_mixture(
        Mixture(tones(labels), labels, **how), NAMES, CONTRACT, folder, steps=steps, seed=seed
    )
    return learnt, network, network.load(folder, "cpu")


def seen(network, model, labels, seed=5):
    return network.predict(model, tones(labels, seed))


def wrong(n=8):
    """Dark ones that claim to be light."""
    labels = np.ones(n, np.int64)
    return Synthetic(tones([0] * n, 7), np.eye(2, dtype=np.float32)[labels], labels, np.full(n, -1))


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(False, 0.0), Sampling(False, 1.0, 1.0)])
def test_it_learns_from_features_of_unlike_scales_whatever_the_sampling(tmp_path, sampling):
    learnt, *trained = train(tmp_path, sampling=sampling)
    assert (seen(*trained, [0, 1] * 20).argmax(1) == [0, 1] * 20).mean() > 0.95
    assert learnt.losses[-1] < learnt.losses[0]


def test_only_wrong_samples_of_a_class_teach_the_wrong_thing(tmp_path):
    _, *trained = train(tmp_path, synthetic=wrong(), use=Use(share=1.0))
    assert seen(*trained, [0] * 20)[:, 1].mean() > 0.3


def test_a_weight_of_zero_takes_synthetic_samples_out_of_the_loss(tmp_path):
    _, *trained = train(tmp_path, synthetic=wrong(), use=Use(share=0.5, weight=0.0))
    assert (seen(*trained, [0, 1] * 20).argmax(1) == [0, 1] * 20).mean() > 0.95


def test_soft_targets_are_learnt_as_such(tmp_path):
    half = Synthetic(
        tones([1] * 8, 7), np.full((8, 2), 0.5, np.float32), np.ones(8, np.int64), np.full(8, -1)
    )
    _, *trained = train(tmp_path, synthetic=half, use=Use(share=1.0))
    assert 0.3 < seen(*trained, [1] * 20)[:, 1].mean() < 0.7


def test_an_adjusted_prior_gives_the_rare_class_more(tmp_path):
    plain, adjusted = (
        train(tmp_path / str(tau), sampling=Sampling(False, 0.0, tau))[1:] for tau in (0.0, 1.0)
    )
    assert seen(*adjusted, [0, 1] * 20)[:, 1].mean() > seen(*plain, [0, 1] * 20)[:, 1].mean()


def test_the_same_seed_trains_the_same_bytes_and_train_is_the_plain_mixture(tmp_path):
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(tmp_path / name, seed, steps=3)
    labels = np.array([0] * 24 + [1] * 8)
    Tones().train(tones(labels), labels, NAMES, CONTRACT, tmp_path / "d", steps=3, seed=1)
    a, b, c, d = ((tmp_path / n / "model.safetensors").read_bytes() for n in "abcd")
    assert a == b == d != c


def test_the_network_looks_at_each_sample_and_each_variation_once_however_often_it_is_trained(tmp_path):
    network = Tones()
    for seed in range(3):
        train(tmp_path / str(seed), seed, steps=3, network=network)
    assert network.looked_at == 32 * (1 + network.views)
    train(tmp_path / "naive", steps=3, network=network, sampling=Sampling(False, 0.0))
    assert network.looked_at == 32 * (1 + network.views)


def test_another_reach_shows_other_variations(tmp_path):
    network = Tones()
    for reach in (1.0, 2.0):
        train(tmp_path / str(reach), steps=3, network=network, sampling=Sampling(reach=reach))
    at_twice = {(i + 1) * 2 for i in range(network.views)}
    assert network.looked_at == 32 * (1 + len(at_twice | {i + 1 for i in range(network.views)}))


def test_without_augmentation_no_variation_is_looked_at(tmp_path):
    _, network, _ = train(tmp_path, steps=3, sampling=Sampling(False, 0.0))
    assert network.looked_at == 32


def test_a_feature_that_never_changes_in_train_does_no_harm(tmp_path):
    class Flat(Tones):
        def features_of(self, payloads, device):
            rows = super().features_of(payloads, device)
            return np.concatenate([rows, np.full((len(rows), 2), 3, np.float32)], 1)

    _, *trained = train(tmp_path, network=Flat())
    assert (seen(*trained, [0, 1] * 20).argmax(1) == [0, 1] * 20).mean() > 0.95


def test_an_answer_does_not_depend_on_its_neighbours(tmp_path):
    _, network, model = train(tmp_path)
    some = tones([0, 1] * 100, 9)
    together = network.predict(model, some)
    np.testing.assert_array_equal(network.predict(model, some[::-1])[::-1], together)
    np.testing.assert_array_equal(np.concatenate([network.predict(model, [one]) for one in some]), together)
    assert network.predict(model, []).shape == (0, 2)


def test_a_head_is_not_put_on_another_network(tmp_path):
    train(tmp_path, steps=3)
    with pytest.raises(ModelError, match="trained on another network"):
        Tones("other").load(tmp_path, "cpu")


@pytest.mark.parametrize("file", ["config.json", "model.safetensors"])
def test_a_damaged_head_is_told(tmp_path, file):
    train(tmp_path, steps=3)
    (tmp_path / file).write_bytes(b"{}")
    with pytest.raises(ModelError, match="holds no trained head"):
        Tones().load(tmp_path, "cpu")
