import numpy as np
import pytest
from real_digits import IMAGE, Fit, real

from synthgen.filters.near_copy import NearCopy
from synthgen.seeds import numpy_rng


@pytest.fixture(scope="module")
def fit(tmp_path_factory) -> Fit:
    return Fit(NearCopy(), tmp_path_factory.mktemp("near_copy"), real("train", 20))


def test_train_samples_are_caught_however_they_were_stored(fit):
    rng = numpy_rng("near")
    for sample in real("train", 20)[::10]:
        for kind, copy in IMAGE.copies(sample.payload, rng).items():
            verdict = fit.judge(copy)
            assert not verdict.passed, kind
            assert "train sample" in verdict.reason


def test_other_real_samples_pass(fit):
    assert fit.passed(real("holdout", 15)) == 1


def test_a_shift_makes_a_new_picture(fit):
    for sample in real("train", 5):
        assert fit.judge(np.roll(sample.payload, 2, axis=1)).passed


def test_a_wider_tolerance_rejects_more(tmp_path):
    strict = Fit(NearCopy(tolerance=0.6), tmp_path, real("train", 20))
    assert strict.passed(real("holdout", 15)) < 1
