import numpy as np
import pytest
from sounds import level_db, made, sample, tone

from synthgen.generators.audio.band_pass import BandPass
from synthgen.models.sound import rounded
from synthgen.models.sound_band import edges, passed


def test_an_octave_outside_the_band_a_tone_loses_6_db_for_each_order():
    for hertz, lost in ((250, 24), (500, 3), (1000, 0), (2000, 3), (4000, 24)):
        sound = tone(hertz, 1.0, 0.5, 16000)
        quieter = passed(sound.samples, 16000, 500, 2000, 4)
        assert level_db(sound.samples) - level_db(quieter[800:-800]) == pytest.approx(lost, abs=0.3)


def test_nothing_is_delayed_and_what_rings_at_the_end_stays_there():
    click = np.zeros((4000, 1), np.float32)
    click[3990] = 0.9
    seen = passed(click, 8000, 300, 2000, 4)[:, 0]
    assert np.abs(seen).argmax() == 3990
    assert np.abs(seen[:2000]).max() < 1e-3


def test_the_share_that_is_cut_off_is_counted_in_mel_below_and_above():
    for rate, top in ((8000, 4000), (44100, 8000)):
        whole = 1127 * np.log1p(top / 700)
        low, high = edges(0.4, 0.25, rate)
        assert 1127 * np.log1p(low / 700) == pytest.approx(0.1 * whole)
        assert 1127 * np.log1p(high / 700) == pytest.approx(0.7 * whole)
    assert edges(0.4, 0.0, 8000)[0] == 0
    assert edges(0.0, 0.5, 8000) == (0, pytest.approx(4000))


def test_a_band_keeps_what_lies_in_it_of_each_channel():
    both = rounded(np.concatenate([tone(300).samples, tone(3500).samples], 1), 8000)
    low = made(BandPass(), (sample(both, transcript="x"),), {"cut": 0.4, "below": 0.0})
    assert level_db(low.payload.samples[:, 0]) == pytest.approx(level_db(both.samples[:, 0]), abs=0.2)
    assert level_db(low.payload.samples[:, 1]) < level_db(both.samples[:, 1]) - 20
    assert low.annotations == {"transcript": "x"}
