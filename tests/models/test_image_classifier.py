import numpy as np
import pytest
import torch

from synthgen.errors import ModelError
from synthgen.models import image_classifier


def bars(n: int = 60, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of a bar across (class 0) or down (class 1), each at its own place and on its own grey; few of 1."""
    rng = np.random.default_rng(seed)
    pictures = np.repeat(rng.integers(0, 90, (n, 1, 1, 1)), 3, -1) * np.ones((1, 24, 24, 1))
    labels = (np.arange(n) % 5 == 0).astype(np.int64)
    for picture, label, at in zip(pictures, labels, rng.integers(4, 18, n), strict=True):
        (picture.swapaxes(0, 1) if label else picture)[at : at + 3] = 220
    return pictures.astype(np.uint8), labels


def trained(folder, **settings):
    pictures, labels = bars()
    image_classifier.train(pictures, labels, 2, folder, **{"size": 16, "steps": 40, "width": 8} | settings)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return image_classifier.load(trained(tmp_path_factory.mktemp("bars")))


def test_it_learns_what_tells_classes_apart_also_a_rare_one(model):
    pictures, labels = bars(seed=1)
    right = image_classifier.predict(model, pictures).argmax(1) == labels
    assert right[labels == 0].mean() > 0.95
    assert right[labels == 1].mean() > 0.95


def test_probabilities_are_the_same_bits_for_any_batch(model):
    pictures, _ = bars(70, seed=2)
    together = image_classifier.predict(model, pictures)
    alone = [image_classifier.predict(model, pictures[i : i + 1])[0] for i in (0, 63, 64, 69)]
    np.testing.assert_array_equal(together[[0, 63, 64, 69]], alone)
    np.testing.assert_allclose(together.sum(1), 1, atol=1e-5)


def test_features_have_length_one(model):
    rows = image_classifier.embed(model, bars(5)[0])
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_the_same_seed_trains_the_same_bytes_and_leaves_the_global_state_alone(tmp_path):
    before = torch.random.get_rng_state()
    a, b, c = (trained(tmp_path / n, steps=3, seed=s) for n, s in (("a", 1), ("b", 1), ("c", 2)))
    bytes_of = [(folder / "model.safetensors").read_bytes() for folder in (a, b, c)]
    assert bytes_of[0] == bytes_of[1] != bytes_of[2]
    assert torch.equal(before, torch.random.get_rng_state())


def test_progress_tells_every_step(tmp_path):
    seen = []
    trained(tmp_path, steps=3, progress=lambda step, steps, loss: seen.append((step, steps)))
    assert seen == [(1, 3), (2, 3), (3, 3)]


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"classes": 2}')
    with pytest.raises(ModelError, match="no image classifier"):
        image_classifier.load(tmp_path)


def test_rows_are_drawn_evenly_over_classes():
    labels = np.array([0] * 95 + [1] * 5)
    rows = image_classifier.balanced_draw(labels, 2000, 1.0, np.random.default_rng(0))
    assert 0.45 < labels[rows].mean() < 0.55
