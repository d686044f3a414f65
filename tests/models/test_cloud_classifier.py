import numpy as np
import pytest

from synthgen.contract import LabelContract
from synthgen.errors import ModelError
from synthgen.mixture import Mixture, Sampling
from synthgen.models.cloud_classifier import CloudReference
from synthgen.models.cloud_defects import about_z
from synthgen.models.cloud_input import fields_of, seen
from synthgen.models.point_cloud import Cloud
from synthgen.seeds import folder_sha256

NAMES = ("disc", "stick")


def cloud(label: int, rng: np.random.Generator) -> Cloud:
    """A flat disc, or a stick that stands up; some are bright."""
    shape = np.array([1, 1, 0.15]) if label == 0 else np.array([0.3, 0.2, 1])
    points = (rng.standard_normal((120, 3)) * shape).astype(np.float32)
    return Cloud(points, {"intensity": rng.random(120).astype(np.float32)}, {"velocity": points[::-1].copy()})


def some(n: int, seed: int) -> tuple[list[Cloud], np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % 2
    return [cloud(label, rng) for label in labels], labels


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp("classifier")
    clouds, labels = some(24, 0)
    CloudReference().train(clouds, labels, NAMES, LabelContract(), folder, steps=40, seed=1)
    return folder


def test_it_tells_shapes_apart_however_they_are_turned(trained):
    clouds, labels = some(40, 1)
    turned = [c.mapped(about_z(90)) for c in clouds]
    found = CloudReference().predict(CloudReference().load(trained, "cpu"), turned)
    assert (found.argmax(1) == labels).mean() > 0.9
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-5)


def test_what_it_says_of_a_cloud_knows_no_neighbours(trained):
    clouds, _ = some(37, 2)
    model = CloudReference().load(trained, "cpu")
    together = CloudReference().predict(model, clouds)
    np.testing.assert_array_equal(together[36], CloudReference().predict(model, clouds[36:])[0])


def test_the_same_training_writes_the_same_bytes(trained, tmp_path):
    clouds, labels = some(24, 0)
    CloudReference().train(clouds, labels, NAMES, LabelContract(), tmp_path, steps=40, seed=1)
    assert folder_sha256(tmp_path) == folder_sha256(trained)


def test_it_learns_from_samples_that_are_not_moved_too(tmp_path):
    clouds, labels = some(12, 3)
    mixture = Mixture(clouds, labels, Sampling(balanced=False, reach=0))
    learnt = CloudReference().train_mixture(mixture, NAMES, LabelContract(), tmp_path, steps=25, seed=1)
    assert learnt.losses[-1] < learnt.losses[0]


def test_a_cloud_with_other_fields_or_few_points_is_judged(trained):
    model = CloudReference().load(trained, "cpu")
    few = Cloud(np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32))
    assert np.isfinite(CloudReference().predict(model, [few])).all()


def test_large_clouds_are_held_small():
    large = Cloud(np.random.default_rng(0).standard_normal((3000, 3)).astype(np.float32))
    assert len(CloudReference().small(large)) == 256


def test_varied_clouds_keep_what_the_contract_keeps():
    clouds, labels = some(6, 4)
    still = LabelContract.model_validate(
        {"every": dict.fromkeys(("turn_x", "turn_y", "turn_z", "jitter"), False)}
    )
    for before, after in zip(clouds, CloudReference().varied(clouds, labels, NAMES, still, 0), strict=True):
        ratio = after.size / before.size
        np.testing.assert_allclose(after.points, before.points * ratio, atol=1e-4)


def test_a_folder_of_something_else_is_refused_in_words(tmp_path):
    with pytest.raises(ModelError, match="no classifier of point clouds"):
        CloudReference().load(tmp_path, "cpu")


def test_neighbours_are_the_nearest_others():
    (one,), _ = some(1, 0)
    data = seen([one], fields_of([one]), 120, 16, 5)
    apart = np.linalg.norm(data.points[0][:, None] - data.points[0][None], axis=2)
    np.fill_diagonal(apart, np.inf)
    np.testing.assert_array_equal(np.sort(data.near[0], 1), np.sort(np.argsort(apart, 1)[:, :5], 1))
