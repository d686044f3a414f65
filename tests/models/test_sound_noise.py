import numpy as np

from synthgen.models import sound_noise


def test_a_stretch_goes_on_where_the_bank_ends():
    whole = sound_noise.steady(3000, 1, "white", 1)
    assert whole.shape == (3000, 1)
    assert abs(sound_noise.power(whole) - 1) < 0.1
    np.testing.assert_array_equal(whole, sound_noise.steady(3000, 1, "white", 1))
    longer = sound_noise.steady(sound_noise.BANK + 100, 1, "white", 1)
    assert len(longer) == sound_noise.BANK + 100
    assert abs(sound_noise.power(longer) - 1) < 0.01


def test_noise_is_measured_against_the_sound_and_both_stay_below_full_scale():
    sound = np.full((100, 1), 0.9, np.float32)
    both = sound_noise.mixed(sound, np.ones((100, 1), np.float32), 0.5)
    assert np.allclose(both, 1 - 1 / 32768)
    assert np.allclose(sound_noise.mixed(sound * 0.1, np.ones((100, 1), np.float32), 0.5), 0.135)
