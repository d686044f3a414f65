import json

import numpy as np
import pytest
import torch

from synthgen.errors import ModelError
from synthgen.models import variation_gan, variator
from synthgen.models.gan_draws import Vary, as_tensor
from synthgen.models.variation_gan import Pairs
from synthgen.models.variator import NOISE, Change, Most, changed

SIZE = 16


def _shapes(n: int = 24) -> tuple[np.ndarray, list[int]]:
    """Bars across (0) and bars down (1), each at its own place, and two crosses (2) in the middle."""
    rng = np.random.default_rng(0)
    pictures, labels = np.full((n + 2, SIZE, SIZE, 3), 20, np.uint8), [*(np.arange(n) % 2).tolist(), 2, 2]
    for picture, label in zip(pictures, labels, strict=True):
        if label != 1:
            picture[6:10, 4:12] = 230
        if label != 0:
            picture[4:12, 6:10] = 230
        if label != 2:
            picture[:] = np.roll(picture, rng.integers(-4, 5, 2), (0, 1))
    return pictures, labels


def _middles(pictures: np.ndarray) -> np.ndarray:
    """Where the light of each picture is in the mean, (n, 2)."""
    light = np.maximum(pictures[..., 0].astype(float) - 60, 0) + 1e-6
    along = [light.sum(axis) @ np.arange(SIZE) for axis in (2, 1)]
    return np.stack(along, 1) / light.sum((1, 2))[:, None]


def _trained(folder, **settings):
    variation_gan.train(*_shapes(), folder, **{"size": SIZE, "steps": 3, "batch": 6} | settings)
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("variation")
    _trained(folder)
    return folder


def _noise(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, NOISE)).astype(np.float32)


def _pairs(labels: list[int], vary=None, balanced_share: float = 1.0) -> Pairs:
    """Each picture has its number as its brightness."""
    pictures = np.arange(len(labels), dtype=np.uint8)[:, None, None, None] * np.ones(
        (SIZE, SIZE, 3), np.uint8
    )
    classes = max(labels) + 1
    return Pairs(
        as_tensor(pictures, SIZE), torch.tensor(labels), vary or [Vary()] * classes, 0, "cpu", balanced_share
    )


def _numbers(pictures: torch.Tensor) -> list[int]:
    return ((pictures.mean((1, 2, 3)) + 1) * 127.5).round().int().tolist()


def _still(n: int, **fields) -> Change:
    none = {
        "moved": torch.zeros(n, 4), "flow": torch.zeros(n, 2, 4, 4), "light": torch.zeros(n, 2, 4, 4),
        "paint": torch.ones(n, 1, 8, 8), "cover": torch.zeros(n, 1, 8, 8),
    }  # fmt: skip
    return Change(**none | fields)


def test_the_same_seed_trains_the_same_bytes_and_another_seed_others(tmp_path, folder):
    here = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert sorted(here) == ["config.json", "model.safetensors"]
    assert _trained(tmp_path / "a") == here
    assert _trained(tmp_path / "b", seed=1)["model.safetensors"] != here["model.safetensors"]


def test_training_leaves_the_global_random_state_alone(tmp_path):
    before = torch.random.get_rng_state()
    _trained(tmp_path / "a")
    assert torch.equal(before, torch.random.get_rng_state())


def test_pairs_are_two_pictures_of_one_class_never_one_twice():
    labels = [0] * 9 + [1] * 2 + [2]
    one, other = map(_numbers, _pairs(labels).pairs(300))
    assert [labels[i] for i in one] == [labels[i] for i in other]
    assert all(i != k for i, k in zip(one, other, strict=True))
    assert set(one) == set(other) == set(range(11))


def test_pairs_come_from_each_class_alike_or_as_its_pictures_do():
    labels = [0] * 27 + [1] * 3

    def rare(share: float) -> float:
        return np.mean([labels[i] for i in _numbers(_pairs(labels, balanced_share=share).pairs(2000)[0])])

    assert rare(1.0) == pytest.approx(0.5, abs=0.05)
    assert rare(0.0) == pytest.approx(0.1, abs=0.03)


def test_no_change_leaves_pictures_as_they_are():
    pictures = torch.rand(2, 1, 20, 28) * 2 - 1
    assert torch.allclose(changed(pictures, _still(2)), pictures, atol=1e-4)
    shifted = _still(2, moved=torch.ones(2, 4), cover=torch.ones(2, 1, 8, 8))
    assert torch.allclose(changed(pictures, shifted, 0.0), pictures, atol=1e-4)


def test_each_part_of_a_change_does_what_it_says():
    pictures = torch.zeros(1, 1, 40, 40)
    pictures[..., 18:22, 18:22] = 1
    right = changed(pictures, _still(1, moved=torch.tensor([[0.0, 0.0, -1.0, 0.0]])))
    middle = (right[0, 0].sum(0) * torch.arange(40)).sum() / right.sum()
    assert middle.item() == pytest.approx(19.5 + variator.MOST_SHIFT * 40, abs=0.1)
    bright = changed(pictures, _still(1, light=torch.ones(1, 2, 4, 4)))
    assert bright.min().item() == pytest.approx(2 * variator.MOST_LIFT)
    assert bright.max().item() == pytest.approx(np.exp(variator.MOST_LOG_GAIN) + 2 * variator.MOST_LIFT)
    half = changed(pictures, _still(1, cover=torch.ones(1, 1, 8, 8)), 0.5)
    assert torch.allclose(half, (pictures + 1) / 2, atol=1e-4)


def test_bounds_cut_off_what_goes_beyond_them():
    pictures = torch.zeros(1, 3, 40, 40)
    pictures[..., 18:22, 18:22] = 1
    everything = _still(1, moved=torch.tensor([[1.0, 1.0, -1.0, 1.0]]))
    still = Most(turn=(0, 0), log_size=(0, 0), shift=(0, 0))
    assert torch.allclose(changed(pictures, everything, most=still), pictures, atol=1e-4)
    right = changed(
        pictures, _still(1, moved=torch.tensor([[0.0, 0.0, -1.0, 0.0]])), most=Most(shift=(-0.05, 0.05))
    )
    middle = (right[0, 0].sum(0) * torch.arange(40)).sum() / right[0, 0].sum()
    assert middle.item() == pytest.approx(19.5 + 0.05 * 40, abs=0.1)
    light = torch.zeros(1, 6, 4, 4)
    light[:, 0], light[:, 2] = 1, -1  # red up, blue down
    grey = changed(pictures, _still(1, light=light), most=Most(tint=0))
    assert torch.allclose(grey, pictures, atol=1e-4)
    dim = changed(pictures, _still(1, light=light), most=Most(log_gain=(-0.1, 0.1)))
    assert dim[0, 0].max().item() == pytest.approx(np.exp(0.1), abs=1e-4)


def test_a_variation_does_not_depend_on_its_batch_and_keeps_the_size_of_its_picture(folder):
    model = variator.load(folder, "cpu")
    rng = np.random.default_rng(1)
    pictures = [rng.integers(0, 256, (16 + i, 30, 3), np.uint8) for i in range(9)]
    noise, strengths = _noise(9), np.linspace(0, 1, 9).tolist()
    together = variator.vary(model, pictures, noise, strengths, [Most()] * len(pictures), 4)
    assert [p.shape for p in together] == [p.shape for p in pictures]
    for i in range(9):
        alone = variator.vary(model, pictures[i : i + 1], noise[i : i + 1], strengths[i : i + 1], [Most()], 4)
        np.testing.assert_array_equal(alone[0], together[i])
    assert np.abs(together[0].astype(int) - pictures[0][..., :1]).max() <= 1


def test_grey_sources_give_grey_pictures(folder):
    assert json.loads((folder / "config.json").read_text()) == {"size": SIZE, "channels": 1}
    made = variator.vary(
        variator.load(folder, "cpu"), list(_shapes()[0][:3]), _noise(3), [1.0] * 3, [Most()] * 3
    )
    assert all((p == p[..., :1]).all() for p in made)


def test_progress_ends_at_the_last_step(tmp_path):
    seen = []
    _trained(tmp_path / "a", progress=lambda done, total, loss: seen.append((done, total)))
    assert seen[-1] == (3, 3)


def test_a_rare_class_inherits_the_variations_of_common_ones(tmp_path):
    pictures, labels = _shapes(48)
    scatter = []
    for steps in (1, 200):
        folder = tmp_path / str(steps)
        variation_gan.train(pictures, labels, folder, size=SIZE, steps=steps, batch=12, balanced_share=0.0)
        crosses = [pictures[labels.index(2)]] * 40
        made = np.stack(
            variator.vary(variator.load(folder, "cpu"), crosses, _noise(40), [1.0] * 40, [Most()] * 40)
        )
        scatter.append(_middles(made).std(0))
    assert (scatter[0] < 0.5).all()  # both crosses stand in the middle
    assert (scatter[1] > 1.0).all()


def test_what_cannot_be_paired_is_refused(tmp_path):
    pictures, _ = _shapes(2)
    with pytest.raises(ModelError, match="two pictures"):
        variation_gan.train(pictures[:2], [0, 1], tmp_path)
    with pytest.raises(ModelError, match="multiple of 16"):
        variation_gan.train(pictures[:2], [0, 0], tmp_path, size=40)


def test_a_damaged_or_missing_model_is_refused_with_a_remedy(tmp_path, folder):
    with pytest.raises(ModelError, match=r"model\.safetensors"):
        variator.load(tmp_path, "cpu")
    (tmp_path / "config.json").write_bytes((folder / "config.json").read_bytes())
    (tmp_path / "model.safetensors").write_bytes((folder / "model.safetensors").read_bytes()[:500])
    with pytest.raises(ModelError, match="SafetensorError"):
        variator.load(tmp_path, "cpu")
