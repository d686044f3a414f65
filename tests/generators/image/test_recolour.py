import numpy as np

from synthgen.generators.image.recolour import Recolour
from synthgen.models.picture_maps import LUMA
from synthgen.sample import Job, Sample, Work
from synthgen.seeds import numpy_rng

STILL = {"brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "hue": 0.0, "grey": 0.0}


def _picture(low: int = 60, high: int = 190) -> np.ndarray:
    return np.random.default_rng(0).integers(low, high, (12, 9, 3), np.uint8)


def _made(picture: np.ndarray, **draw) -> np.ndarray:
    work = Work(Job(0, "a", 0, ("p",), {}, 0), (Sample("p", "image", "a", lambda: picture),), STILL | draw)
    return Recolour().make([work], None)[0].payload


def test_a_still_draw_changes_nothing():
    np.testing.assert_array_equal(_made(_picture()), _picture())


def test_brightness_multiplies_and_stops_at_white():
    np.testing.assert_allclose(_made(_picture(), brightness=1.25), _picture() * 1.25, atol=0.51)
    assert (_made(_picture(200, 256), brightness=2.0) == 255).all()


def test_contrast_keeps_the_mean_luma():
    made = _made(_picture(), contrast=0.5)
    assert abs((made @ np.array(LUMA)).mean() - (_picture() @ np.array(LUMA)).mean()) < 0.5
    assert abs(made.std() / _picture().std() - 0.5) < 0.02


def test_grey_has_one_level_a_pixel_and_keeps_luma():
    made = _made(_picture(), grey=1.0, saturation=1.4)
    assert (made == made[..., :1]).all()
    np.testing.assert_allclose(made[..., 0], _picture() @ np.array(LUMA), atol=0.6)


def test_hue_and_saturation_leave_grey_pixels_alone():
    grey = np.repeat(_picture()[..., :1], 3, axis=2)
    np.testing.assert_allclose(_made(grey, hue=120.0, saturation=1.9).astype(int), grey.astype(int), atol=1)


def test_hue_by_half_a_circle_swaps_warm_and_cold():
    red = np.full((4, 4, 3), (150, 100, 100), np.uint8)
    r, g, b = _made(red, hue=180.0)[0, 0].astype(int)
    assert r < g
    assert r < b


def test_every_draw_lies_inside_the_bounds_and_is_told():
    recolour = Recolour(grey_share=0.5, brightness_range=(0.2, 3))
    bounds = {
        "brightness": (0.9, 1.0), "contrast": (1.0, 1.1), "saturation": (0.8, 1.2), "hue": (0.0, 0.0),
        "grey": (0.0, 0.0),
    }  # fmt: skip
    for i in range(100):
        draw = recolour.draw(Job(0, "a", i, ("p",), bounds, 0), (), numpy_rng("test", i))
        applied = recolour.applied(draw)
        assert applied.keys() == bounds.keys()
        assert all(low - 1e-9 <= applied[name] <= high + 1e-9 for name, (low, high) in bounds.items())


def test_grey_is_drawn_as_often_as_asked():
    recolour = Recolour(grey_share=0.25)
    drawn = [
        recolour.draw(Job(0, "a", i, ("p",), {}, 0), (), numpy_rng("grey", i))["grey"] for i in range(200)
    ]
    assert 0.15 < np.mean(drawn) < 0.35
