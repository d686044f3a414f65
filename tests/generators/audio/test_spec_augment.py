import numpy as np
import pytest
from sounds import level_db, loudest_hz, made, sample, tone

from synthgen.generators.audio.spec_augment import SpecAugment
from synthgen.models.sound import rounded
from synthgen.models.sound_masks import changed

NOISE = rounded(np.random.default_rng(3).uniform(-0.5, 0.5, 16000), 16000)
STILL = {"mask_time": 0.0, "mask_bands": 0.0, "warp_time": 0.0, "middle": 0.5, "places": [[0.5], [0.5]]}


def test_where_nothing_is_hidden_or_warped_the_sound_comes_back():
    back = made(SpecAugment(masks=1), (sample(NOISE),), STILL).payload
    assert np.abs(back.samples - NOISE.samples).max() <= 2 / 32768


def test_hidden_moments_are_silent_and_the_others_stay():
    seen = changed(NOISE.samples, 16000, [(0.4, 0.5)], [], 0.5, 0.5)
    assert np.abs(seen[6800:7600]).max() < 1e-6
    np.testing.assert_allclose(seen[:5800], NOISE.samples[:5800], atol=1e-5)
    np.testing.assert_allclose(seen[8600:], NOISE.samples[8600:], atol=1e-5)


def test_hidden_bands_hold_nothing_and_the_others_stay():
    seen = changed(NOISE.samples, 16000, [], [(0.5, 0.7)], 0.5, 0.5)[:, 0]
    mel = 1127 * np.log1p(8000 / 700)
    low, high = (700 * np.expm1(share * mel / 1127) for share in (0.5, 0.7))
    hertz = np.arange(8001)
    power = [np.abs(np.fft.rfft(wave)) ** 2 for wave in (seen, NOISE.samples[:, 0])]
    inside, outside = (hertz > low + 60) & (hertz < high - 60), (hertz < low - 60) | (hertz > high + 60)
    assert power[0][inside].sum() < 1e-3 * power[1][inside].sum()
    assert power[0][outside].sum() == pytest.approx(power[1][outside].sum(), rel=0.01)


def test_warped_time_moves_what_is_in_the_middle_and_keeps_the_pitch():
    sound = rounded(np.concatenate([tone(400, 0.5).samples, tone(1200, 0.5, 0.2).samples]), 8000)
    draw = {**STILL, "warp_time": 0.1}
    said = {"transcript": "low high", "alignment": [["low", 0.0, 0.5], ["high", 0.5, 1.0]]}
    later = made(SpecAugment(masks=1), (sample(sound, **said),), draw)
    assert later.annotations["alignment"] == [["low", 0.0, 0.6], ["high", 0.6, 1.0]]
    wave = later.payload.samples
    assert later.payload.seconds == 1
    assert loudest_hz(rounded(wave[800:4000], 8000)) == pytest.approx(400, abs=8)
    assert loudest_hz(rounded(wave[5200:7600], 8000)) == pytest.approx(1200, abs=8)
    assert level_db(wave[3900:4600]) == pytest.approx(level_db(tone(400).samples), abs=3), "still the low one"


def test_masks_are_spread_and_as_wide_as_drawn_together():
    draw = {**STILL, "mask_time": 0.2, "places": [[0.0, 1.0], [0.5, 0.5]]}
    seen = made(SpecAugment(), (sample(NOISE),), draw).payload.samples[:, 0]
    silent = np.abs(seen.reshape(100, 160)).max(1) < 0.01
    assert silent[2:9].all()
    assert silent[91:98].all()
    assert not silent[12:88].any()
