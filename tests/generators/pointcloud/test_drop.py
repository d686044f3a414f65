import numpy as np
import pytest
from clouds import corner, one

from synthgen.generators.pointcloud.drop import Drop
from synthgen.models.point_cloud import Cloud


def rows_of(part: Cloud, whole: Cloud) -> np.ndarray:
    """Which points of the whole are left."""
    places = {point.tobytes(): i for i, point in enumerate(whole.points)}
    return np.array([places[point.tobytes()] for point in part.points])


@pytest.mark.parametrize("by", ["chance", "region", "distance"])
def test_the_drawn_share_is_gone_and_the_rest_is_as_it_was(by):
    cloud = corner()
    left = one(Drop(drop_range=(0.3, 0.3), by=by), cloud).payload
    rows = rows_of(left, cloud)
    assert len(left) == 140
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(left.scalars["intensity"], cloud.scalars["intensity"][rows])
    np.testing.assert_array_equal(left.vectors["normal"], cloud.vectors["normal"][rows])


def test_a_region_is_a_ball():
    cloud = corner()
    kept = rows_of(one(Drop(drop_range=(0.3, 0.3), by="region"), cloud).payload, cloud)
    lost = np.setdiff1d(np.arange(len(cloud)), kept)
    reach = [np.linalg.norm(cloud.points - cloud.points[i], axis=1) for i in lost]
    assert any(distance[lost].max() <= distance[kept].min() for distance in reach)


def test_by_distance_far_points_are_lost_first():
    cloud = corner(2000)
    kept = rows_of(one(Drop(drop_range=(0.5, 0.5), by="distance"), cloud).payload, cloud)
    far = np.linalg.norm(cloud.points, axis=1)
    assert far[kept].mean() < far.mean() - 0.05


def test_four_points_are_always_left():
    few = Cloud(corner(5).points)
    assert len(one(Drop(drop_range=(0.99, 0.99)), few).payload) == 4
