import numpy as np
import pytest
from sounds import made, sample, tone

from synthgen.generators.audio.clip import Clip
from synthgen.models.sound import rounded


@pytest.mark.parametrize("share", [0.01, 0.1, 0.4])
def test_so_many_samples_are_cut_off_and_the_others_stay(share):
    sound = rounded(np.random.default_rng(1).standard_normal(8000) * 0.2, 8000)
    flat = made(Clip(), (sample(sound, transcript="x"),), {"clip": share})
    seen, before = flat.payload.samples, sound.samples
    most = np.abs(seen).max()
    assert (np.abs(before) > most).mean() == pytest.approx(share, abs=0.002)
    np.testing.assert_array_equal(seen, np.clip(before, -most, most))
    assert flat.annotations == {"transcript": "x"}


def test_one_sample_is_clipped_to_itself():
    sound = rounded(np.array([0.5]), 8000)
    np.testing.assert_array_equal(
        made(Clip(), (sample(sound),), {"clip": 0.5}).payload.samples, sound.samples
    )
    np.testing.assert_array_equal(
        made(Clip(), (sample(tone()),), {"clip": 0.0}).payload.samples, tone().samples
    )
