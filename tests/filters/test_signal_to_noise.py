from itertools import pairwise

import pytest
from pydantic import ValidationError
from sounds import Fit, speechlike

from synthgen.filters.signal_to_noise import SignalToNoise
from synthgen.models import sound_defects, sound_levels
from synthgen.seeds import numpy_rng


@pytest.fixture(scope="module")
def fit(tmp_path_factory):
    return Fit(SignalToNoise(), tmp_path_factory.mktemp("noisy"))


def test_more_noise_measures_as_less_signal():
    ratios = [sound_levels.signal_to_noise(speechlike(1, 1.5, noise)) for noise in (0.001, 0.01, 0.1)]
    for clean, noisy in pairwise(ratios):
        assert clean - noisy == pytest.approx(20, abs=4)


def test_real_sounds_pass_and_drowned_ones_do_not(fit):
    for i in range(100, 120):
        assert fit.judge(speechlike(i)).passed
        verdict = fit.judge(sound_defects.drowned(speechlike(i), numpy_rng(i)))
        assert not verdict.passed
        assert "noisy" in verdict.reason


def test_the_recipe_may_give_both_bounds(tmp_path):
    bounded = Fit(SignalToNoise(least_db=10, most_db=40), tmp_path)
    assert bounded.judge(speechlike(1, 1.5, 0.01)).passed
    assert "too clean" in bounded.judge(speechlike(1, 1.5, 0.0005)).reason
    assert "at least 10.0" in bounded.judge(speechlike(1, 1.5, 0.2)).reason
    with pytest.raises(ValidationError, match="above most_db"):
        SignalToNoise(least_db=3, most_db=2)
