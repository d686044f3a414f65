import numpy as np
import pytest
from sounds import tone

from synthgen.models import sound_levels
from synthgen.models.sound import rounded


def test_loudness_is_told_for_each_ten_milliseconds():
    half = rounded(np.concatenate([tone(500, 0.1, 0.5).samples, np.zeros((805, 1))]), 8000)
    levels = sound_levels.loudness(half)
    assert len(levels) == 21
    np.testing.assert_allclose(levels[:10], 20 * np.log10(0.5 / np.sqrt(2)), atol=0.05)
    assert (levels[10:] < -90).all()


def test_of_a_square_wave_all_lies_at_its_peak_and_of_a_sine_a_fifth():
    square = rounded(np.sign(tone(500).samples + 1e-3) * 0.3, 8000)
    assert sound_levels.flatness(square) == 1
    assert sound_levels.flatness(tone(501.3, 1.0)) == pytest.approx(2 / np.pi * np.arccos(0.95), abs=0.01)
    assert sound_levels.flatness(rounded(np.zeros(10), 8000)) == 1
