import numpy as np

from synthgen.models.sound import STEPS, rounded


def test_samples_come_to_lie_on_the_steps_of_16_bit_and_inside():
    wave = np.linspace(-1.5, 1.5, 1001)
    sound = rounded(wave, 500)
    assert sound.samples.shape == (1001, 1)
    assert sound.samples.dtype == np.float32
    assert sound.seconds == 1001 / 500
    np.testing.assert_array_equal(sound.samples * STEPS, np.rint(sound.samples * STEPS))
    assert np.abs(sound.samples[:, 0] - np.clip(wave, -1, 1 - 1 / STEPS)).max() <= 0.5 / STEPS + 1e-7
    again = rounded(sound.samples, 500)
    assert again.samples.tobytes() == sound.samples.tobytes()
    assert not sound.samples.flags.writeable
