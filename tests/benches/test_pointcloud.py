"""The benchmark of point clouds measures each thing beside its peer."""

import numpy as np
import pytest

from synthgen.benches.pointcloud import PointCloud
from synthgen.models import cloud_kernels


@pytest.mark.slow
def test_everything_is_measured_and_put_beside_its_peer():
    title, rows = PointCloud(points=256, clouds=8, farthest=64).run()
    assert "256 points" in title
    assert {row["peer"] for row in rows} == {"PyG", "Open3D", "Open3D's binary PLY"}
    assert all(row["a second"] > 0 and row["peer a second"] > 0 for row in rows)


def test_many_clouds_in_one_pass_are_the_same_as_one_by_one():
    rng = np.random.default_rng(0)
    clouds = rng.standard_normal((5, 40, 3)).astype(np.float32)
    matrices, seeds = rng.standard_normal((5, 3, 3)), rng.integers(1 << 53, size=5)
    together = cloud_kernels.all_moved(clouds, matrices, sigma=0.1, seeds=seeds, most=0.15)
    for cloud, matrix, seed, found in zip(clouds, matrices, seeds, together, strict=True):
        alone = cloud_kernels.moved(cloud, matrix, np.zeros(3), sigma=0.1, most=0.15, seed=int(seed))
        np.testing.assert_array_equal(found, alone)
