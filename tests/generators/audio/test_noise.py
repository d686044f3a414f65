import numpy as np
import pytest
from sounds import drawn, level_db, made, sample, tone

from synthgen.contract import LabelContract, Refusal
from synthgen.generators.audio.noise import Noise
from synthgen.models.sound import rounded


@pytest.mark.parametrize("colour", ["white", "pink", "brown"])
@pytest.mark.parametrize("snr_db", [0, 10, 30])
def test_the_ratio_of_signal_to_noise_is_the_one_that_was_drawn(colour, snr_db):
    sound = tone(seconds=2.0, level=0.2)
    noisy = made(Noise(colour=colour), (sample(sound),), {"level": 10 ** (-snr_db / 20), "seed": 5}).payload
    noise = noisy.samples.astype(np.float64) - sound.samples
    assert level_db(sound.samples) - level_db(noise) == pytest.approx(snr_db, abs=0.05)


def test_power_falls_with_frequency_as_the_colour_says():
    sound = rounded(np.r_[np.full(1 << 16, 0.02)], 8000)
    for colour, per_octave in (("white", 0), ("pink", -3), ("brown", -6)):
        seen = made(Noise(colour=colour), (sample(sound),), {"level": 8.0, "seed": 1}).payload.samples[:, 0]
        power = np.abs(np.fft.rfft(seen - seen.mean())) ** 2
        low, high = power[1000:2000].mean(), power[8000:16000].mean()
        assert 10 * np.log10(high / low) / 3 == pytest.approx(per_octave, abs=0.4)


def test_other_seeds_and_channels_get_other_noise():
    sound = rounded(np.stack([tone().samples[:, 0]] * 2, 1), 8000)
    draws = [{"level": 0.1, "seed": seed} for seed in range(5)]
    added = [made(Noise(), (sample(sound),), draw).payload.samples - sound.samples for draw in draws]
    columns = np.concatenate(added, 1)
    alike = np.corrcoef(columns.T)[~np.eye(10, dtype=bool)]
    assert np.abs(alike).max() < 0.1


def test_what_would_pass_full_scale_is_turned_down_not_clipped():
    noisy = made(Noise(), (sample(tone(level=0.95)),), {"level": 0.3, "seed": 2}).payload.samples
    assert (np.abs(noisy) >= 1 - 1 / 32768).sum() <= 1


def test_the_contract_bounds_and_forbids_noise():
    noise = Noise(snr_db_range=(0, 40))
    bounds = LabelContract(every={"noise": 0.1}).routes(noise.effects(), "a", ["a"])[0].bounds
    drawings = [drawn(noise, (sample(tone()),), i, bounds)["level"] for i in range(100)]
    assert 0.01 <= min(drawings) < 0.012
    assert 0.08 < max(drawings) <= 0.1
    assert isinstance(LabelContract(every={"noise": False}).routes(noise.effects(), "a", ["a"]), Refusal)
