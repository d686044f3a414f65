import pytest
from gestures import Fit, gestures

from synthgen.filters.short import Short
from synthgen.models.clip import cut


@pytest.fixture(scope="module")
def whole():
    return gestures()[0].payload


def test_half_of_the_shortest_real_clip_is_needed(tmp_path, whole):
    fit = Fit(Short(), tmp_path)
    assert fit.facts == {"seconds needed": 1.2, "frames needed": 4}
    assert fit.judge(cut(whole, 0, 30)).passed
    verdict = fit.judge(cut(whole, 0, 29))
    assert not verdict.passed
    assert verdict.reason == "too short: 1.16 s, at least 1.20 s are needed"


def test_the_recipe_may_say_how_long(tmp_path, whole):
    fit = Fit(Short(seconds=0.1, frames=10), tmp_path)
    assert fit.judge(cut(whole, 0, 10)).passed
    assert "9 frames, at least 10" in fit.judge(cut(whole, 0, 9)).reason
