import numpy as np
import pytest
from clouds import corner, one, work

from synthgen.generators.pointcloud.resize import Resize

EVEN = Resize(resize_range=(1.5, 1.5), stretch_range=(1, 1))


def test_the_cloud_grows_about_its_centre():
    cloud, larger = corner(), one(EVEN, corner()).payload
    assert larger.size == pytest.approx(1.5 * cloud.size, rel=1e-5)
    np.testing.assert_allclose(larger.centre, cloud.centre, atol=1e-5)


def test_normals_stay_at_right_angles_to_a_stretched_wall():
    cloud = corner()
    stretched = one(Resize(stretch_range=(0.5, 2)), cloud).payload
    for axis in range(3):
        wall = cloud.vectors["normal"][:, axis] == 1
        np.testing.assert_allclose(stretched.vectors["normal"][wall, axis], 1, atol=1e-6)
        assert np.ptp(stretched.points[wall, axis]) < 1e-5


def test_half_and_double_are_as_likely():
    ratios = [work(Resize(resize_range=(0.5, 2)), corner(), index=i).draw["resize"] for i in range(1000)]
    assert abs(np.mean(np.log(ratios))) < 0.05
