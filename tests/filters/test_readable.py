import numpy as np
import pytest
from real_digits import Fit, real

from synthgen.filters.readable import Readable


@pytest.fixture(scope="module")
def fit(tmp_path_factory) -> Fit:
    return Fit(Readable(), tmp_path_factory.mktemp("readable"), real("train", 3))


def test_real_samples_pass(fit):
    assert fit.passed(real("holdout", 3)) == 1


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (np.full((32, 32, 3), 77, np.uint8), "blank"),
        (np.zeros((0, 32, 3), np.uint8), "cannot be read"),
        (np.zeros((32, 32), np.uint8), "cannot be read"),
        (np.zeros((32, 32, 3), np.float32), "cannot be read"),
        (np.random.default_rng(0).integers(0, 256, (7, 32, 3), np.uint8), "wrong size: 7"),
        (np.random.default_rng(0).integers(0, 256, (32, 90, 3), np.uint8), "wrong size: 90"),
    ],
)
def test_what_cannot_be_used_is_rejected_with_the_reason(fit, picture, reason):
    verdict = fit.judge(picture)
    assert not verdict.passed
    assert reason in verdict.reason


def test_the_size_may_differ_by_the_factor_of_the_recipe(fit, tmp_path):
    wide = np.random.default_rng(0).integers(0, 256, (32, 90, 3), np.uint8)
    assert Fit(Readable(size_factor=3), tmp_path, real("train", 3)).judge(wide).passed
