"""Levels of bands, and the vectors made of them."""

import numpy as np
import pytest
from sounds import tone

from synthgen.models import sound_features
from synthgen.models.sound import rounded
from synthgen.seeds import numpy_rng


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_a_sine_of_full_scale_has_0_db_in_its_band_at_any_rate(rate):
    levels = sound_features.log_mel(tone(1000, 0.5, 1.0, rate))
    assert levels.shape == (50, 48)
    middle = levels[10:40]
    edges = 700 * (np.exp(np.linspace(*(1127 * np.log1p(np.array([50, 8000]) / 700)), 50) / 1127) - 1)
    band = int(np.abs(edges[1:-1] - 1000).argmin())
    assert (np.abs(middle.argmax(1) - band) <= 1).all()
    assert np.abs(middle.max(1) + 3).max() < 5, "less what the triangle takes"
    quieter = sound_features.log_mel(tone(1000, 0.5, 0.1, rate))[10:40]
    assert np.abs(middle.max(1) - quieter.max(1) - 20).max() < 0.1


def test_what_a_rate_cannot_hold_is_silent():
    levels = sound_features.log_mel(rounded(numpy_rng(1).uniform(-0.5, 0.5, 4000), 8000))
    assert (levels[:, -10:] == sound_features.QUIET_DB).all()
    assert (levels[:, :30] > -60).all()


def test_pooling_keeps_mean_power_and_reaches_between_frames():
    levels = np.array([[0.0], [-10.0], [-20.0], [-100.0]], np.float32)
    halves = sound_features.pooled(levels, 2)[:, 0]
    np.testing.assert_allclose(10 ** (halves / 10), [0.55, 0.005], rtol=1e-4)
    np.testing.assert_allclose(sound_features.pooled(levels[:2], 4)[:, 0], [0, 0, -10, -10], atol=1e-3)
    long = sound_features.pooled(np.repeat(levels, 1000, 0), 4)
    np.testing.assert_allclose(long, levels, atol=0.01)


def test_long_sounds_are_the_same_in_chunks(monkeypatch):
    sound = rounded(numpy_rng(2).uniform(-0.5, 0.5, 16000), 8000)
    whole = sound_features.log_mel(sound)
    monkeypatch.setattr(sound_features, "CHUNK", 37)
    np.testing.assert_allclose(sound_features.log_mel(sound), whole, atol=0.01)


def test_embeddings_tell_spectra_apart_and_not_levels():
    low, quiet, high = sound_features.embed([tone(300), tone(300, level=0.1), tone(2000)])
    assert low @ quiet > 0.98
    assert low @ high < 0.9
