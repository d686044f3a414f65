import numpy as np
import pytest
from clouds import corner, one, work
from scipy.spatial.distance import cdist

from synthgen.generators.pointcloud.mixup import Mixup
from synthgen.models.cloud_matching import matched
from synthgen.models.point_cloud import Cloud
from synthgen.sample import Failed

THIRD = Mixup(partner_share_range=(0.3, 0.3))


def test_a_cloud_mixed_with_itself_moved_lies_a_share_of_the_way():
    cloud = corner()
    away = cloud.moved(cloud.points + np.float32([10, 0, 0]))
    mixed = one(THIRD, cloud, away)
    np.testing.assert_allclose(mixed.payload.points, np.add(cloud.points, [3, 0, 0]), atol=1e-4)
    assert mixed.weights == pytest.approx({"a": 0.7, "b": 0.3})


def test_matching_takes_each_point_once_at_the_least_cost():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 6, 3))
    import itertools

    cost = cdist(a, b, "sqeuclidean")
    least = min(sum(cost[i, j] for i, j in enumerate(p)) for p in itertools.permutations(range(6)))
    assert sum(cost[i, j] for i, j in enumerate(matched(a, b))) == pytest.approx(least)


def test_large_clouds_are_matched_nearly_as_well_in_parts():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((2, 900, 3))
    found = matched(a, b)
    assert sorted(found) == list(range(900))
    by_chance = ((a - b) ** 2).sum(1).mean()
    assert ((a - b[found]) ** 2).sum(1).mean() < 0.15 * by_chance


@pytest.mark.parametrize("n", [50, 517])
def test_the_number_of_points_is_that_of_the_first(n):
    mixed = one(THIRD, corner(), corner(n, 5)).payload
    assert len(mixed) == 200
    assert set(mixed.vectors) == {"normal", "velocity"}
    np.testing.assert_allclose(np.linalg.norm(mixed.vectors["normal"], axis=1), 1, atol=1e-5)


def test_fields_that_only_one_has_are_left_out():
    assert one(THIRD, corner(), Cloud(corner(200, 1).points)).payload.scalars == {}


def test_without_labels_there_is_nothing_to_mix():
    asked = work(THIRD, corner(), corner(), labels=("a", None))
    assert isinstance(THIRD.make([asked], None)[0], Failed)
