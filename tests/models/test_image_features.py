import numpy as np
import pytest
from sklearn.datasets import load_digits

from synthgen.models import image_defects, image_features
from synthgen.seeds import numpy_rng

TOLERANCE = 0.03


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    """Real digits, 32x32, soft as a camera's pictures are."""
    import cv2

    small = (load_digits().images[:60] * (255 / 16)).astype(np.uint8)
    return [np.repeat(cv2.resize(p, (32, 32), interpolation=cv2.INTER_CUBIC)[..., None], 3, 2) for p in small]


def moved(picture: np.ndarray, *, degrees: float = 0, shift_px: float = 0) -> np.ndarray:
    import cv2

    matrix = cv2.getRotationMatrix2D((15.5, 15.5), degrees, 1)
    matrix[0, 2] += shift_px
    return cv2.warpAffine(picture, matrix, (32, 32), borderMode=cv2.BORDER_REPLICATE)


def apart(a: list[np.ndarray], b: list[np.ndarray]) -> np.ndarray:
    return np.abs(image_features.signature(a) - image_features.signature(b)).max(1)


def test_a_copy_keeps_its_signature(pictures):
    rng = numpy_rng("copies")
    for picture in pictures:
        copies = list(image_defects.copies(picture, rng).values())
        assert apart(copies, [picture] * len(copies)).max() <= TOLERANCE


@pytest.mark.parametrize("change", [{"shift_px": 2}, {"degrees": 10}, {"degrees": -10}])
def test_a_varied_picture_has_another_signature(pictures, change):
    assert apart([moved(p, **change) for p in pictures], pictures).min() > 2 * TOLERANCE


def test_what_is_cut_from_a_picture_is_among_its_parts(pictures):
    import cv2

    for picture in pictures[:20]:
        cut = cv2.resize(picture[3:29, 2:28], (32, 32), interpolation=cv2.INTER_CUBIC)
        assert (image_features.parts(picture) @ image_features.fingerprint([cut])[0]).max() > 0.985


def test_the_first_part_is_the_whole(pictures):
    whole = image_features.fingerprint(pictures[:3])
    for picture, row in zip(pictures, whole, strict=False):
        np.testing.assert_allclose(image_features.parts(picture)[0], row, atol=1e-5)


def test_a_fingerprint_knows_no_brightness_contrast_or_colour(pictures):
    rng = numpy_rng("tint")
    for picture in pictures[:20]:
        dim = (picture * rng.uniform(0.3, 0.6, 3) + 40).astype(np.uint8)
        assert float(image_features.fingerprint([dim])[0] @ image_features.fingerprint([picture])[0]) > 0.999


def test_an_empty_picture_is_like_nothing():
    grey = np.full((20, 30, 3), 127, np.uint8)
    assert np.abs(image_features.fingerprint([grey])).max() < 1e-3
    assert np.isfinite(image_features.embed([grey])).all()


def test_views_undo_every_flip(pictures):
    picture = pictures[5]
    for flipped in (picture[:, ::-1], picture[::-1], picture[::-1, ::-1]):
        assert any(np.array_equal(view, picture) for view in image_features.views(flipped))


def test_embeddings_are_unit_vectors_that_know_no_neighbours(pictures):
    rows = image_features.embed(pictures)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows[7:9], image_features.embed(pictures[7:9]))


def test_embeddings_of_one_class_are_nearer_than_those_of_others():
    digits = load_digits()
    grey = (digits.images[:400] * (255 / 16)).astype(np.uint8)
    rows = image_features.embed([np.repeat(p[..., None], 3, 2) for p in grey])
    likeness = rows @ rows.T - 2 * np.eye(len(rows))
    assert (digits.target[:400][likeness.argmax(1)] == digits.target[:400]).mean() > 0.9


def test_pictures_of_any_size_and_shape_are_compared():
    odd = [np.zeros((1, 1, 3), np.uint8), np.full((3, 500, 3), 9, np.uint8)]
    assert image_features.signature(odd).shape == (2, 768)
    assert image_features.embed(odd).shape == (2, 176)
    assert image_features.signature([]).shape == (0, 768)
    assert image_features.fingerprint([]).shape == (0, 64)
