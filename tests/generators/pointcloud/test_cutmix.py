import numpy as np
import pytest
from clouds import corner, one
from scipy.spatial.distance import pdist

from synthgen.generators.pointcloud.cutmix import Cutmix
from synthgen.models.point_cloud import Cloud

THIRD = Cutmix(partner_share_range=(0.3, 0.3))


def test_the_rest_stays_and_the_piece_keeps_its_shape():
    cloud, other = corner(), corner(200, 9)
    mixed = one(THIRD, cloud, other)
    changed = (mixed.payload.points != cloud.points).any(1)
    assert changed.sum() == 60
    piece = mixed.payload.points[changed]
    rows = [
        int(np.flatnonzero(other.scalars["intensity"] == v)[0])
        for v in mixed.payload.scalars["intensity"][changed]
    ]
    np.testing.assert_allclose(pdist(piece), pdist(other.points[rows]), atol=1e-5)
    np.testing.assert_allclose(piece.mean(0), cloud.points[changed].mean(0), atol=1e-5)
    assert mixed.weights == pytest.approx({"a": 0.7, "b": 0.3})


def test_a_small_partner_gives_what_it_has():
    mixed = one(THIRD, corner(), corner(20, 3))
    assert mixed.weights == pytest.approx({"a": 0.9, "b": 0.1})
    assert len(mixed.payload) == 200


def test_fields_that_only_one_has_are_left_out():
    mixed = one(THIRD, corner(), Cloud(corner(200, 1).points)).payload
    assert mixed.scalars == mixed.vectors == {}
