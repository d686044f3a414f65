import numpy as np
import pytest
from sounds import drawn, level_db, made, sample, tone

from synthgen.contract import LabelContract
from synthgen.generators.audio.gain import Gain


def test_six_decibels_are_twice_as_far():
    sound = tone(level=0.2)
    louder = made(Gain(), (sample(sound, transcript="a tone"),), {"gain_db": 6.0206})
    np.testing.assert_allclose(louder.payload.samples, 2 * sound.samples, atol=2 / 32768)
    assert louder.annotations == {"transcript": "a tone"}
    quieter = made(Gain(), (sample(sound),), {"gain_db": -20.0}).payload
    assert level_db(quieter.samples) - level_db(sound.samples) == pytest.approx(-20, abs=0.01)


def test_what_would_pass_full_scale_gains_less_and_is_not_clipped():
    louder = made(Gain(), (sample(tone(level=0.8)),), {"gain_db": 20.0}).payload
    assert 0.999 < np.abs(louder.samples).max() < 1
    assert level_db(louder.samples) == pytest.approx(-3.01, abs=0.02), "a sine still"


def test_draws_stay_inside_the_contract():
    gain = Gain()
    bounds = LabelContract(every={"gain": 3}).routes(gain.effects(), "a", ["a"])[0].bounds
    drawings = [drawn(gain, (sample(tone()),), i, bounds)["gain_db"] for i in range(100)]
    assert -3 <= min(drawings) < -2.5
    assert 2.5 < max(drawings) <= 3
