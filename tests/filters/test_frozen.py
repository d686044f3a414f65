import pytest
from gestures import Fit, gestures

from synthgen.filters.frozen import Frozen
from synthgen.models.clip_defects import frozen
from synthgen.seeds import numpy_rng


@pytest.fixture(scope="module")
def fit(tmp_path_factory):
    return Fit(Frozen(), tmp_path_factory.mktemp("frozen"))


def test_real_clips_of_others_pass(fit):
    assert all(fit.judge(s.payload).passed for s in gestures("holdout"))


def test_a_clip_that_stops_is_rejected_with_how_long_it_stands_still(fit):
    for i, sample in enumerate(gestures("holdout", 2)):
        verdict = fit.judge(frozen(sample.payload, numpy_rng("frozen", i)))
        assert not verdict.passed
        assert "stands still for" in verdict.reason
        assert verdict.score > 0.3
