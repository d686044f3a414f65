import pytest
from gestures import Fit, gestures

from synthgen.filters.flicker import Flicker
from synthgen.models.clip_defects import flickering
from synthgen.models.clip_frames import arranged
from synthgen.seeds import numpy_rng


@pytest.fixture(scope="module")
def fit(tmp_path_factory):
    return Fit(Flicker(), tmp_path_factory.mktemp("flicker"))


def test_real_clips_of_others_pass_also_when_faster(fit):
    for sample in gestures("holdout"):
        assert fit.judge(sample.payload).passed
    fast = arranged(gestures("holdout")[0].payload, range(0, 60, 2))
    assert fit.judge(fast).passed


def test_a_clip_whose_frames_have_lights_or_patterns_of_their_own_is_rejected(fit):
    for i, sample in enumerate(gestures("holdout", 2)):
        verdict = fit.judge(flickering(sample.payload, numpy_rng("flicker", i)))
        assert not verdict.passed
        assert "it flickers" in verdict.reason
