import numpy as np
import pytest

from synthgen.generators.image.relight import Relight
from synthgen.sample import Job, Sample, Work
from synthgen.seeds import numpy_rng

STILL = {
    "shade": 1.0, "gamma": 1.0, "temperature": 0.0, "blur": 0.0, "noise": 0.0, "from_degrees": 0.0, "noise_seed": 1,
}  # fmt: skip
GREY = np.full((24, 32, 3), 100, np.uint8)


def made(picture=GREY, **draw):
    work = Work(Job(0, "a", 0, ("p",), {}, 0), (Sample("p", "image", "a", lambda: picture),), STILL | draw)
    return Relight().make([work], None)[0].payload.astype(int)


def noisy():
    return np.random.default_rng(0).integers(0, 256, (24, 32, 3), np.uint8)


def test_a_still_draw_changes_nothing():
    np.testing.assert_array_equal(made(noisy()), noisy())


def test_shade_lights_the_side_that_it_comes_from_and_leaves_the_middle():
    lit = made(shade=1.5)
    assert lit[0, -1, 0] == 150
    assert lit[0, 0, 0] == round(100 / 1.5)
    assert abs(lit[12, 16, 0] - 100) <= 2
    assert made(shade=1.5, from_degrees=90)[-1, 0, 0] == 150


def test_gamma_keeps_black_and_white_and_moves_what_lies_between():
    ends = np.stack([np.zeros((8, 8, 3)), np.full((8, 8, 3), 255)]).reshape(16, 8, 3).astype(np.uint8)
    np.testing.assert_array_equal(made(ends, gamma=1.7), ends)
    assert made(gamma=2.0)[0, 0, 0] == round(255 * (100 / 255) ** 2)


def test_a_warm_temperature_raises_red_lowers_blue_and_leaves_green():
    assert made(temperature=0.1)[0, 0].tolist() == [110, 100, 90]


def test_blur_smooths_and_keeps_the_mean():
    before, after = noisy(), made(noisy(), blur=0.05)
    assert after.std() < 0.7 * before.std()
    assert after.mean() == pytest.approx(before.mean(), abs=1)


def test_noise_has_the_drawn_spread_and_is_its_seeds_own():
    spread = (made(noise=6.0) - 100).std()
    assert spread == pytest.approx(6, rel=0.1)
    assert (made(noise=6.0) != made(noise=6.0, noise_seed=2)).any()


def test_every_draw_lies_inside_the_bounds():
    bounds = {
        "shade": (1.0, 1.2), "gamma": (0.9, 1.1), "temperature": (0.0, 0.02), "blur": (0.0, 0.004), "noise": (0.0, 1.0),
    }  # fmt: skip
    for i in range(100):
        draw = Relight().draw(Job(0, "a", i, ("p",), bounds, 0), (), numpy_rng("test", i))
        applied = Relight().applied(draw)
        assert applied.keys() == bounds.keys()
        assert all(low - 1e-9 <= applied[n] <= high + 1e-9 for n, (low, high) in bounds.items())
