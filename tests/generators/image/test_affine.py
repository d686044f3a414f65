import numpy as np
import pytest
from pydantic import ValidationError

from synthgen.contract import LabelContract
from synthgen.generators.image.affine import Affine
from synthgen.sample import Job, Sample, Work
from synthgen.seeds import numpy_rng

STILL = {
    "mirror": 0.0, "flip_vertical": 0.0, "half_turn": 0.0, "turn": 0.0, "shift": [0.0, 0.0], "resize": 1.0,
    "shear": 0.0, "crop": 0.0, "crop_place": [0.5, 0.5],
}  # fmt: skip


def _picture(seed: int = 0, height: int = 20, width: int = 30) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def _sample(picture: np.ndarray) -> Sample:
    return Sample("p", "image", "a", lambda: picture)


def _job(bounds=None, index: int = 0) -> Job:
    return Job(0, "a", index, ("p",), bounds or {}, 0)


def _made(picture: np.ndarray, settings=None, **draw) -> np.ndarray:
    affine = Affine(**(settings or {}))
    return affine.make([Work(_job(), (_sample(picture),), STILL | draw)], None)[0].payload


def _draws(affine: Affine, bounds, n: int = 200):
    return [affine.draw(_job(bounds, i), (), numpy_rng("test", i)) for i in range(n)]


def test_a_still_draw_changes_nothing():
    np.testing.assert_array_equal(_made(_picture()), _picture())


def test_flips_are_exact():
    picture = _picture()
    np.testing.assert_array_equal(_made(picture, mirror=1.0), picture[:, ::-1])
    np.testing.assert_array_equal(_made(picture, flip_vertical=1.0), picture[::-1])
    np.testing.assert_array_equal(_made(picture, half_turn=1.0), picture[::-1, ::-1])
    np.testing.assert_array_equal(_made(picture, half_turn=1.0, mirror=1.0), picture[::-1])


def test_a_positive_turn_is_clockwise():
    picture = _picture(height=21, width=21)
    np.testing.assert_allclose(_made(picture, turn=90.0), np.rot90(picture, -1), atol=1)


def test_a_shift_moves_right_and_down_and_the_border_is_filled_as_set():
    picture = _picture(height=20, width=20)
    moved = _made(picture, {"border": "colour", "colour": (9, 8, 7)}, shift=[0.1, 0.2])
    np.testing.assert_array_equal(moved[4:, 2:], picture[:-4, :-2])
    assert (moved[:4] == (9, 8, 7)).all()
    assert (moved[:, :2] == (9, 8, 7)).all()
    np.testing.assert_array_equal(_made(picture, shift=[0.1, 0.0])[:, 0], picture[:, 0])
    np.testing.assert_array_equal(
        _made(picture, {"border": "reflect"}, shift=[0.1, 0.0])[:, 1], picture[:, 1]
    )


def test_a_crop_fills_the_picture_with_what_is_left():
    picture = np.kron(_picture(height=4, width=4), np.ones((16, 16, 1), np.uint8))
    cropped = _made(picture, crop=0.75, crop_place=[1.0, 0.0])
    assert cropped.shape == picture.shape
    np.testing.assert_allclose(cropped[4:28, 4:28].mean((0, 1)), picture[0, 32], atol=1)
    np.testing.assert_allclose(cropped[36:60, 36:60].mean((0, 1)), picture[16, 48], atol=1)


def test_resize_and_shear_keep_the_middle():
    picture = _picture(height=21, width=21)
    for draw in ({"resize": 2.0}, {"resize": 0.5}, {"shear": 30.0}):
        np.testing.assert_allclose(_made(picture, **draw)[10, 10], picture[10, 10], atol=1)


def test_every_draw_lies_inside_the_bounds_and_is_told():
    affine = Affine(mirror_share=0.5, flip_vertical_share=0.5, turn_range=(-40, 40), crop_range=(0, 0.5))
    bounds = {
        "mirror": (0.0, 0.0), "flip_vertical": (0.0, 1.0), "half_turn": (0.0, 0.0), "turn": (-12.0, 3.0),
        "shift": (0.01, 0.05), "resize": (0.95, 1.0), "shear": (0.0, 0.0), "crop": (0.1, 0.2),
    }  # fmt: skip
    for draw in _draws(affine, bounds):
        applied = affine.applied(draw)
        assert applied.keys() == bounds.keys()
        assert all(low - 1e-9 <= applied[name] <= high + 1e-9 for name, (low, high) in bounds.items())
        assert all(0.01 <= part <= 0.05 for part in draw["shift"])


def test_what_relabels_is_always_done_and_else_as_often_as_asked():
    affine = Affine(half_turn_share=0.1, mirror_share=0.25)
    contract = LabelContract(
        every={"half_turn": False, "mirror": True}, label={"6": {"half_turn": {"relabel": "9"}}}
    )
    own, turned = contract.routes(affine.effects(), "9", ["6", "9"])
    assert turned.parent_label == "6"
    assert all(draw["half_turn"] == 1 for draw in _draws(affine, turned.bounds))
    drawn = _draws(affine, own.bounds)
    assert not any(draw["half_turn"] for draw in drawn)
    assert 0.15 < np.mean([draw["mirror"] for draw in drawn]) < 0.35


def test_parents_are_left_as_they_were():
    picture = _picture()
    before = picture.copy()
    _made(picture, turn=20.0)
    np.testing.assert_array_equal(picture, before)


@pytest.mark.parametrize(
    "settings",
    [
        {"turn_range": (5, -5)},
        {"resize_range": (0, 1)},
        {"crop_range": (0, 2)},
        {"crop_range": (1, 1)},
        {"colour": (0, 0, 300)},
    ],
)
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ValidationError):
        Affine(**settings)
