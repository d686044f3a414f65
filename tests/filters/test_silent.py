import numpy as np
import pytest
from sounds import Fit, speechlike

from synthgen.filters.silent import Silent
from synthgen.models.sound import rounded


@pytest.fixture(scope="module")
def fit(tmp_path_factory):
    return Fit(Silent(), tmp_path_factory.mktemp("silent"))


def test_sounds_like_the_real_ones_pass_also_after_a_pause(fit):
    for i in range(100, 120):
        sound = speechlike(i)
        assert fit.judge(sound).passed
        later = np.pad(sound.samples, ((1600, 0), (0, 0)))
        assert fit.judge(rounded(later, 8000)).passed


def test_silence_a_whisper_and_a_click_are_rejected(fit):
    sound = speechlike(100)
    click = np.zeros_like(sound.samples)
    click[100] = 0.9
    for samples in (0 * sound.samples, 0.003 * sound.samples, click):
        verdict = fit.judge(rounded(samples, 8000))
        assert not verdict.passed
        assert "silent: something is heard for 0.0" in verdict.reason


def test_the_recipe_may_say_what_silence_is(tmp_path):
    strict = Fit(Silent(silence_db=-1.0), tmp_path)
    assert strict.facts["silence below dB"] == -1
    assert not strict.judge(speechlike(100)).passed
