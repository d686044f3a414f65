import numpy as np
import pytest

from synthgen.diversity import coverage_and_density, vendi


def on_circle(*degrees):
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], 1)


def test_vendi_counts_different_samples():
    assert vendi(on_circle(0, 0, 90, 90)) == pytest.approx(2)
    assert vendi(on_circle(10, 10, 10)) == pytest.approx(1)


def test_samples_that_are_the_real_ones_cover_all_of_them():
    real = on_circle(0, 10, 20, 30)
    assert coverage_and_density(real, real, k=1)[0] == 1


def test_coverage_counts_real_samples_that_are_reached_and_density_by_how_many():
    real = on_circle(0, 10, 90, 100)
    assert coverage_and_density(real, on_circle(5), k=1) == (0.5, 2.0)
    assert coverage_and_density(real, on_circle(5, 95), k=1) == (1.0, 2.0)
    assert coverage_and_density(real, on_circle(200), k=1) == (0.0, 0.0)


def test_nothing_to_compare_covers_nothing():
    assert coverage_and_density(on_circle(0), on_circle(0)) == (0.0, 0.0)
    assert coverage_and_density(on_circle(0, 1), on_circle()) == (0.0, 0.0)
