import numpy as np
import pytest

from synthgen.models import cloud_kernels

POINTS = np.random.default_rng(0).standard_normal((500, 3)).astype(np.float32)


def test_a_move_is_the_matrix_and_the_shift():
    matrix, shift = np.random.default_rng(1).standard_normal((3, 3)), np.array([1.0, -2, 3])
    np.testing.assert_allclose(
        cloud_kernels.moved(POINTS, matrix, shift), POINTS @ matrix.T + shift, atol=1e-5
    )


def test_noise_is_normal_and_depends_on_the_seed_alone():
    still = np.zeros((200_000, 3), np.float32)
    noise = cloud_kernels.moved(still, np.eye(3), np.zeros(3), sigma=1, seed=5)
    np.testing.assert_array_equal(noise, cloud_kernels.moved(still, np.eye(3), np.zeros(3), sigma=1, seed=5))
    np.testing.assert_allclose(noise.mean(0), 0, atol=0.01)
    np.testing.assert_allclose(noise.std(0), 1, atol=0.01)
    assert (noise**3).mean() == pytest.approx(0, abs=0.02)
    assert (noise**4).mean() == pytest.approx(3, abs=0.05)
    other = cloud_kernels.moved(still, np.eye(3), np.zeros(3), sigma=1, seed=6)
    assert abs(np.corrcoef(noise.ravel(), other.ravel())[0, 1]) < 0.01


def test_the_first_points_have_the_same_noise_however_many_follow():
    few = cloud_kernels.moved(POINTS[:10], np.eye(3), np.zeros(3), sigma=1, seed=9)
    all_ = cloud_kernels.moved(POINTS, np.eye(3), np.zeros(3), sigma=1, seed=9)
    np.testing.assert_array_equal(few, all_[:10])


def test_each_farthest_point_is_as_far_as_can_be_from_those_before():
    found = cloud_kernels.farthest(POINTS, 60, first=7)
    apart = np.linalg.norm(POINTS[:, None] - POINTS[None], axis=2)
    assert found[0] == 7
    for i in range(1, 60):
        nearest = apart[:, found[:i]].min(1)
        assert nearest[found[i]] == pytest.approx(nearest.max(), rel=1e-5)


def test_no_more_points_are_found_than_there_are():
    assert sorted(cloud_kernels.farthest(POINTS[:20], 50)) == list(range(20))
