import numpy as np
from clouds import corner, one

from synthgen.generators.pointcloud.shift import Shift


def test_all_points_move_by_the_same_way():
    cloud = corner()
    moved = one(Shift(shift_range=(-0.5, 0.5), lift_range=(0.1, 0.1)), cloud).payload.points - cloud.points
    assert np.ptp(moved, axis=0).max() < 1e-5
    np.testing.assert_allclose(moved[:, 2], 0.1 * cloud.size, atol=1e-5)
    assert np.abs(moved[0, :2]).max() <= 0.5 * cloud.size + 1e-5


def test_a_cloud_stays_on_its_ground_unless_it_is_asked_to_leave_it():
    cloud = corner()
    np.testing.assert_allclose(one(Shift(), cloud).payload.points[:, 2], cloud.points[:, 2])
