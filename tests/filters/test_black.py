import pytest
from gestures import Fit, gestures

from synthgen.filters.black import Black
from synthgen.models.clip_defects import blackened
from synthgen.seeds import numpy_rng


@pytest.fixture(scope="module")
def fit(tmp_path_factory):
    return Fit(Black(), tmp_path_factory.mktemp("black"))


def test_real_clips_of_others_pass(fit):
    assert all(fit.judge(s.payload).passed for s in gestures("holdout"))
    assert fit.facts == {"usual share of black frames": 0.0}


def test_a_clip_that_is_black_for_a_while_is_rejected_with_the_share(fit):
    for i, sample in enumerate(gestures("holdout", 2)):
        verdict = fit.judge(blackened(sample.payload, numpy_rng("black", i)))
        assert not verdict.passed
        assert "of its frames are black" in verdict.reason
        assert verdict.score > 0.15
