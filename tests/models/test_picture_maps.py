import numpy as np
import pytest

from synthgen.models.picture_maps import colours, matrix

STILL = {
    "mirror": 0.0, "flip_vertical": 0.0, "half_turn": 0.0, "turn": 0.0, "shift": [0.0, 0.0], "resize": 1.0,
    "shear": 0.0, "crop": 0.0, "crop_place": [0.5, 0.5], "brightness": 1.0, "contrast": 1.0, "saturation": 1.0,
    "hue": 0.0, "grey": 0.0,
}  # fmt: skip


def test_a_still_draw_changes_nothing():
    np.testing.assert_allclose(matrix(STILL, 20, 30), [[1, 0, 0], [0, 1, 0]], atol=1e-12)
    np.testing.assert_allclose(colours(STILL, (9, 90, 200))[:, :3], np.eye(3), atol=1e-3)
    np.testing.assert_allclose(colours(STILL, (9, 90, 200))[:, 3], 0, atol=1e-6)


def test_a_mirror_swaps_left_and_right():
    (xx, _, x0), _ = matrix(STILL | {"mirror": 1.0}, 20, 30)
    assert (xx, x0) == (-1, 29)


def test_contrast_leaves_the_grey_of_the_mean_colour_as_it_is():
    mapped = colours(STILL | {"contrast": 1.7}, (100.0, 100.0, 100.0))
    assert mapped[:, :3] @ [100, 100, 100] + mapped[:, 3] == pytest.approx([100] * 3)
