import numpy as np

from synthgen.models import image_defects
from synthgen.seeds import numpy_rng


def picture() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)


def test_copies_differ_from_the_picture_by_no_more_than_said():
    copies = image_defects.copies(picture(), numpy_rng("a"))
    assert np.abs(copies["2 grey levels"].astype(int) - picture()).max() == 2
    assert copies["re-encoded"].shape == picture().shape
    assert copies["rescaled"].shape != picture().shape


def test_disguises_keep_the_size_and_repeat():
    first, again = (image_defects.disguises(picture(), numpy_rng("a")) for _ in range(2))
    for kind, other in first.items():
        assert other.shape == picture().shape
        assert other.dtype == np.uint8
        assert not np.array_equal(other, picture())
        np.testing.assert_array_equal(other, again[kind])
