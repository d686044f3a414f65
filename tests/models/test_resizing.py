import numpy as np
import pytest

from synthgen.models.resizing import resized


def test_a_picture_of_that_size_is_itself():
    picture = np.zeros((4, 6, 3), np.uint8)
    assert resized(picture, 4, 6) is picture


def test_a_smaller_picture_has_the_means_of_the_pixels():
    picture = np.random.default_rng(0).random((8, 12, 3)).astype(np.float32)
    means = picture.reshape(4, 2, 4, 3, 3).mean((1, 3))
    np.testing.assert_allclose(resized(picture, 4, 4), means, atol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_larger_picture_keeps_its_type_and_its_flat_parts(dtype):
    picture = np.full((5, 7, 3), 90, dtype)
    large = resized(picture, 9, 20)
    assert (large.shape, large.dtype) == ((9, 20, 3), picture.dtype)
    np.testing.assert_allclose(large, 90, rtol=1e-6)
