"""Pictures: lossless bytes that repeat and say that they are synthetic."""

import io

import numpy as np
import pytest
from PIL import Image as Pictures

from synthgen.modalities.image import Image
from synthgen.modality import SYNTHETIC, marker

IMAGE = Image()
PICTURE = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def test_bytes_repeat_and_decode_to_the_same_pixels():
    data = IMAGE.encode(PICTURE, marker("abc"))
    assert data == IMAGE.encode(PICTURE.copy(), marker("abc"))
    np.testing.assert_array_equal(IMAGE.decode(data), PICTURE)


def test_other_programs_read_the_marker():
    with Pictures.open(io.BytesIO(IMAGE.encode(PICTURE, marker("abc")))) as picture:
        picture.load()
        said = dict(picture.text)
    assert said == {"Software": "synthgen", "synthgen:id": "abc", "DigitalSourceType": SYNTHETIC}


def test_content_is_equal_for_equal_pixels_of_equal_shape_only():
    assert IMAGE.content(PICTURE) == IMAGE.content(PICTURE.copy())
    assert IMAGE.content(PICTURE) != IMAGE.content(PICTURE.reshape(30, 20, 3))


@pytest.mark.parametrize(
    "payload", [None, "text", np.zeros((4, 4)), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)]
)
def test_what_is_no_picture_is_refused(payload):
    with pytest.raises(ValueError, match=r"a picture is uint8|the picture is empty"):
        IMAGE.check(payload)


@pytest.mark.parametrize("shape", [(8, 8, 3), (600, 200, 3), (1, 300, 3)])
def test_a_preview_fits_the_size_and_keeps_the_shape(shape):
    with Pictures.open(io.BytesIO(IMAGE.preview(np.zeros(shape, np.uint8), 96))) as picture:
        assert picture.format == "JPEG"
        assert max(picture.size) == 96


def test_a_flat_picture_is_blank():
    assert IMAGE.blank(PICTURE) is None
    assert "blank" in IMAGE.blank(np.full((9, 9, 3), 7, np.uint8))
