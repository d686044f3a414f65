import numpy as np
import pytest
from sounds import loudest_hz, made, sample, tone

from synthgen.generators.audio.stretch import Stretch
from synthgen.models.sound import rounded


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25, 2.0])
def test_the_time_changes_and_the_pitch_does_not(speed):
    sound = tone(440, 1.0)
    other = made(Stretch(), (sample(sound, transcript="a", alignment=[["a", 0.2, 0.4]]),), {"speed": speed})
    assert other.payload.seconds == pytest.approx(1 / speed, abs=1 / 8000)
    assert loudest_hz(other.payload) == pytest.approx(440, abs=4)
    assert other.annotations["transcript"] == "a"
    assert other.annotations["alignment"] == [
        ["a", pytest.approx(0.2 / speed, abs=1e-6), pytest.approx(0.4 / speed, abs=1e-6)]
    ]


def test_what_begins_in_the_middle_still_does():
    late = rounded(np.concatenate([np.zeros((4000, 1)), tone(440, 0.5).samples]), 8000)
    slow = made(Stretch(), (sample(late),), {"speed": 0.5}).payload.samples[:, 0]
    heard = np.flatnonzero(np.abs(slow) > 0.1)
    assert heard[0] == pytest.approx(8000, abs=500)


def test_stereo_and_very_short_sounds_are_stretched_too():
    both = rounded(np.concatenate([tone(300).samples, tone(900).samples], 1), 8000)
    assert made(Stretch(), (sample(both),), {"speed": 1.25}).payload.samples.shape == (3200, 2)
    for n in (1, 2, 40, 70):
        short = rounded(np.full(n, 0.5), 8000)
        assert len(made(Stretch(), (sample(short),), {"speed": 0.8}).payload.samples) == max(
            1, round(n / 0.8)
        )
