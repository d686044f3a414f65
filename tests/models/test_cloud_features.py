import numpy as np
import pytest
from clouds import corner
from scipy.special import sph_harm_y

from synthgen.modalities.pointcloud import PointCloud
from synthgen.models import cloud_features
from synthgen.models.cloud_defects import disguises, specimen

MODALITY = PointCloud()
RNG = np.random.default_rng


def test_the_harmonics_are_the_real_spherical_harmonics():
    unit = RNG(0).standard_normal((50, 3))
    unit /= np.linalg.norm(unit, axis=1, keepdims=True)
    theta, phi = np.arccos(unit[:, 2]), np.arctan2(unit[:, 1], unit[:, 0])
    found = cloud_features._harmonics(unit)
    column = 0
    for degree in range(cloud_features.DEGREES + 1):
        for m in range(degree + 1):
            true = sph_harm_y(degree, m, theta, phi)
            parts = [true.real] if m == 0 else [np.sqrt(2) * true.real, np.sqrt(2) * true.imag]
            for part in parts:
                np.testing.assert_allclose(np.abs(found[:, column]), np.abs(part), atol=1e-9)
                column += 1


@pytest.mark.parametrize("kind", disguises(corner(), RNG(0)))
def test_a_disguised_cloud_is_nearer_to_itself_than_any_other_is(kind):
    clouds = [specimen(RNG(i)) for i in range(12)]
    held = MODALITY.fingerprint(clouds)
    seen = MODALITY.fingerprint([disguises(cloud, RNG(i))[kind] for i, cloud in enumerate(clouds)])
    assert (np.argmax(seen @ held.T, 1) == np.arange(12)).all()
    if kind != "thinned out":  # so few points as these clouds have differ by chance when some are gone
        assert (1 - (seen * held).sum(1)).max() < MODALITY.leak_tolerance


def test_a_turned_cloud_is_a_copy_for_leakage_and_none_for_near_copy():
    cloud = corner()
    turned = disguises(cloud, RNG(1))["turned"]
    assert 1 - float(MODALITY.fingerprint([cloud])[0] @ MODALITY.fingerprint([turned])[0]) < 1e-5
    apart = np.abs(MODALITY.signature([cloud]) - MODALITY.signature([turned])).max()
    assert apart > 100 * MODALITY.copy_tolerance


def test_looks_do_not_depend_on_the_heading():
    cloud = corner()
    turned = disguises(cloud, RNG(1))["turned"]
    assert float(MODALITY.embed([cloud])[0] @ MODALITY.embed([turned])[0]) > 0.9999


def test_a_field_that_differs_shows():
    cloud = corner()
    dark = cloud.moved(cloud.points)
    bright = type(cloud)(cloud.points, {"intensity": cloud.scalars["intensity"] + 3}, cloud.vectors)
    same = float(MODALITY.embed([cloud])[0] @ MODALITY.embed([dark])[0])
    assert same > 0.9999 > float(MODALITY.embed([cloud])[0] @ MODALITY.embed([bright])[0]) + 0.005
