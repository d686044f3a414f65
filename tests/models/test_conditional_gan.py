import cv2
import numpy as np
import pytest
import torch

from synthgen.errors import ModelError
from synthgen.models import conditional_gan
from synthgen.models.gan_draws import Draws, Vary, as_tensor

SIZE = 16


def _bars(n: int = 24) -> tuple[np.ndarray, np.ndarray]:
    """Grey pictures of two classes: a bar across, a bar down, each at its own place."""
    rng = np.random.default_rng(0)
    pictures = np.zeros((n, SIZE, SIZE, 3), np.uint8)
    labels = np.arange(n) % 2
    for picture, label, at in zip(pictures, labels, rng.integers(4, 12, n), strict=True):
        (picture if label else picture.swapaxes(0, 1))[at - 2 : at + 2] = 230
    return pictures, labels


def _trained(folder, **settings):
    settings = {"size": SIZE, "steps": 3, "batch": 8} | settings
    conditional_gan.train(*_bars(), ["down", "across"], folder, **settings)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gan")
    _trained(folder)
    return folder


def _z(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, conditional_gan.Z_SIZE)).astype(np.float32)


def test_the_same_seed_trains_the_same_bytes(tmp_path, folder):
    assert _trained(tmp_path / "a") == {file.name: file.read_bytes() for file in folder.iterdir()}


def test_another_seed_trains_another_model(tmp_path, folder):
    other = _trained(tmp_path / "a", seed=1)
    assert other["model.safetensors"] != (folder / "model.safetensors").read_bytes()


def test_training_leaves_the_global_random_state_alone(tmp_path):
    before = torch.random.get_rng_state()
    _trained(tmp_path / "a")
    assert torch.equal(before, torch.random.get_rng_state())


def test_a_picture_does_not_depend_on_its_batch(folder):
    model = conditional_gan.load(folder, "cpu")
    z, labels = _z(70), [i % 2 for i in range(70)]
    together = conditional_gan.paint(model, z, labels)
    alone = [conditional_gan.paint(model, z[i : i + 1], labels[i : i + 1])[0] for i in (0, 1, 63, 64, 69)]
    np.testing.assert_array_equal(together[[0, 1, 63, 64, 69]], alone)


def test_grey_sources_give_grey_pictures(folder):
    painted = conditional_gan.paint(conditional_gan.load(folder, "cpu"), _z(3), [0, 1, 0])
    assert painted.shape == (3, SIZE, SIZE, 3)
    assert painted.dtype == np.uint8
    assert (painted == painted[..., :1]).all()


def test_no_pictures_are_painted_for_no_labels(folder):
    assert len(conditional_gan.paint(conditional_gan.load(folder, "cpu"), _z(0), [])) == 0


def test_coloured_sources_keep_three_channels():
    pictures, _ = _bars(2)
    pictures[0, 0, 0] = (200, 10, 10)
    assert as_tensor(pictures, SIZE).shape == (2, 3, SIZE, SIZE)


def test_progress_ends_at_the_last_step(tmp_path):
    seen = []
    _trained(tmp_path / "a", progress=lambda done, total, loss: seen.append((done, total)))
    assert seen[-1] == (3, 3)


def test_real_pictures_come_in_pairs_of_one_class():
    pictures, labels = _bars()
    draws = Draws(as_tensor(pictures, SIZE), torch.as_tensor(labels), [Vary()] * 2, 0, "cpu")
    drawn, which = draws.pictures(16)
    assert torch.equal(which[0::2], which[1::2])
    across = (drawn == drawn.amax()).all(3).any(2)[:, 0]
    assert torch.equal(across.long(), which)


def test_classes_without_pictures_are_never_drawn():
    pictures, _ = _bars()
    draws = Draws(as_tensor(pictures, SIZE), torch.ones(24, dtype=torch.long), [Vary()] * 3, 0, "cpu")
    assert draws.pictures(64)[1].unique().tolist() == [1]


def test_pictures_are_varied_only_as_far_as_allowed():
    pictures, labels = _bars()
    real = as_tensor(pictures, SIZE)
    levels = real.float() / 127.5 - 1
    still = Draws(real, torch.as_tensor(labels), [Vary()] * 2, 0, "cpu").pictures(8)[0]
    assert all(any(torch.allclose(one, r, atol=1e-5) for r in levels) for one in still)
    turned = Draws(real, torch.as_tensor(labels), [Vary(turn=(90, 90))] * 2, 0, "cpu").pictures(8)[0]
    quarter_turns = [*torch.rot90(levels, 1, (2, 3)), *torch.rot90(levels, -1, (2, 3))]
    assert all(any(torch.allclose(one, r, atol=1e-4) for r in quarter_turns) for one in turned)


@pytest.mark.parametrize("size", [20, 8, 0])
def test_a_size_that_is_no_power_of_two_is_refused(tmp_path, size):
    with pytest.raises(ModelError, match="power of two"):
        _trained(tmp_path / "a", size=size)


def test_a_folder_without_a_gan_is_refused_with_a_remedy(tmp_path):
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        conditional_gan.load(tmp_path, "cpu")


def test_a_damaged_model_is_refused(tmp_path, folder):
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:1000])
    with pytest.raises(ModelError, match="SafetensorError"):
        conditional_gan.load(tmp_path, "cpu")


def test_a_class_learns_its_shape_in_a_few_seconds(tmp_path):
    pictures, labels = _bars(64)
    conditional_gan.train(pictures, labels, ["down", "across"], tmp_path, size=SIZE, steps=100, batch=16)
    painted = conditional_gan.paint(
        conditional_gan.load(tmp_path, "cpu"), _z(40), [i % 2 for i in range(40)]
    )[..., 0].astype(float)
    right = [(p.mean(1).std() > p.mean(0).std()) == bool(i % 2) for i, p in enumerate(painted)]
    assert np.mean(right) >= 0.9


def test_larger_pictures_are_brought_to_the_size_of_the_network():
    large = np.stack([cv2.resize(p, (50, 40)) for p in _bars(2)[0]])
    assert as_tensor(large, 32).shape == (2, 1, 32, 32)
