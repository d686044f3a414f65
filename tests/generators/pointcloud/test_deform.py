import numpy as np
import pytest
from clouds import corner, one, work

from synthgen.generators.pointcloud.deform import Deform

STRONG = Deform(deform_range=(1, 1))


def test_without_strength_nothing_moves():
    cloud = corner()
    np.testing.assert_allclose(
        one(Deform(deform_range=(0, 0)), cloud).payload.points, cloud.points, atol=1e-6
    )


def test_near_points_stay_near_each_other():
    cloud = corner(600)
    bent = one(STRONG, cloud).payload
    way = np.linalg.norm(bent.points - cloud.points, axis=1)
    assert way.max() > 0.03 * cloud.size
    assert way.max() < 0.6 * cloud.size
    apart = np.linalg.norm(cloud.points[:, None] - cloud.points[None], axis=2)
    near = np.argwhere((apart > 0.01) & (apart < 0.15))
    after = np.linalg.norm(bent.points[near[:, 0]] - bent.points[near[:, 1]], axis=1)
    ratio = after / apart[near[:, 0], near[:, 1]]
    assert ratio.min() > 0.5
    assert ratio.max() < 2


def test_with_one_anchor_it_is_one_map_and_normals_stay_at_right_angles():
    cloud = corner()
    bent = one(Deform(deform_range=(1, 1), anchors=1), cloud).payload
    for axis in range(3):
        wall = np.flatnonzero(cloud.vectors["normal"][:, axis] == 1)
        along = bent.points[wall[1:]] - bent.points[wall[0]]
        np.testing.assert_allclose(along @ bent.vectors["normal"][wall[0]], 0, atol=1e-5)
    assert np.linalg.norm(bent.vectors["normal"], axis=1) == pytest.approx(1, abs=1e-5)


def test_a_cloud_of_fewer_points_than_anchors_is_bent_too():
    few = corner(5)
    assert len(one(Deform(anchors=16), few).payload) == 5


def test_two_draws_bend_differently():
    cloud = corner()
    a, b = STRONG.make([work(STRONG, cloud, index=i) for i in range(2)], None)
    assert np.abs(a.payload.points - b.payload.points).max() > 0.01
