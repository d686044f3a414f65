import numpy as np
import pytest
from sounds import Fit, speechlike

from synthgen.filters.clipped import Clipped
from synthgen.models import sound_defects
from synthgen.models.sound import rounded
from synthgen.seeds import numpy_rng


@pytest.fixture(scope="module")
def fit(tmp_path_factory):
    return Fit(Clipped(), tmp_path_factory.mktemp("clipped"))


def test_real_sounds_pass_at_any_level(fit):
    for i in range(100, 120):
        assert fit.judge(speechlike(i)).passed
        assert fit.judge(sound_defects.louder(speechlike(i), 20.0)).passed


def test_cut_peaks_are_found_at_full_scale_and_below(fit):
    for i in range(100, 110):
        clipped = sound_defects.clipped(speechlike(i), numpy_rng(i))
        for factor in (1.0, 0.3):
            verdict = fit.judge(rounded(factor * clipped.samples, 8000))
            assert not verdict.passed
            assert "lies at its peak" in verdict.reason


def test_how_many_are_too_many_is_learned_and_may_be_loosened(tmp_path):
    loose = Fit(Clipped(slack=0.9), tmp_path)
    assert 0 < loose.facts["usual share near the peak"] < 0.02
    flat = np.clip(8 * speechlike(100).samples, -0.5, 0.5)
    assert loose.judge(rounded(flat, 8000)).passed
