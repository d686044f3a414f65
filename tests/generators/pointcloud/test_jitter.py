import numpy as np
import pytest
from clouds import corner, one, work

from synthgen.generators.pointcloud.jitter import Jitter
from synthgen.models.point_cloud import Cloud

STRONG = Jitter(jitter_range=(0.05, 0.05), clip=1.5)


def test_no_point_moves_farther_than_the_noise_is_cut_off():
    cloud = corner(5000)
    moved = one(STRONG, cloud).payload.points - cloud.points
    assert np.abs(moved).max() == pytest.approx(1.5 * 0.05 * cloud.size, rel=1e-3)
    assert 0.1 < (np.abs(moved) > 1.49 * 0.05 * cloud.size).mean() < 0.16


def test_noise_has_the_moments_of_a_normal_distribution():
    cloud = corner(60_000)
    noise = (one(Jitter(jitter_range=(0.02, 0.02), clip=9), cloud).payload.points - cloud.points) / cloud.size
    np.testing.assert_allclose(noise.mean(0), 0, atol=3e-4)
    np.testing.assert_allclose(noise.std(0), 0.02, rtol=0.02)
    assert (noise**4).mean() / (noise**2).mean() ** 2 == pytest.approx(3, abs=0.1)
    assert abs(np.corrcoef(noise.T) - np.eye(3)).max() < 0.02
    assert abs(np.corrcoef(noise[:-1, 0], noise[1:, 0])[0, 1]) < 0.02


def test_two_samples_of_a_batch_get_noise_of_their_own_and_alone_the_same():
    cloud = corner()
    works = [work(STRONG, cloud, index=i) for i in range(4)]
    together = [m.payload.points for m in STRONG.make(works, None)]
    alone = [STRONG.make([w], None)[0].payload.points for w in works]
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_array_equal(a, b)
    moved = np.stack([(p - cloud.points).ravel() for p in together])
    assert abs(np.corrcoef(moved) - np.eye(4)).max() < 0.2


def test_what_points_carry_stays():
    cloud, moved = corner(), one(STRONG, corner()).payload
    np.testing.assert_array_equal(moved.vectors["normal"], cloud.vectors["normal"])
    np.testing.assert_array_equal(moved.scalars["intensity"], cloud.scalars["intensity"])


def test_a_cloud_kept_as_float16_stays_so():
    kept = Cloud(corner().points, precision="float16").moved(corner().points)
    points = one(STRONG, kept).payload.points
    np.testing.assert_array_equal(points, points.astype(np.float16).astype(np.float32))
