import numpy as np
import pytest

from synthgen.generators.image.erase import Erase
from synthgen.sample import Job, Sample, Work
from synthgen.seeds import numpy_rng

WHITE = np.full((40, 60, 3), 255, np.uint8)


def _made(erase: Erase, picture: np.ndarray, index: int = 0) -> tuple[dict, np.ndarray]:
    job = Job(0, "a", index, ("p",), {}, 0)
    draw = erase.draw(job, (), numpy_rng("test", index))
    return draw, erase.make([Work(job, (Sample("p", "image", "a", lambda: picture),), draw)], None)[0].payload


@pytest.mark.parametrize("holes", [1, 5])
def test_no_more_is_covered_than_was_drawn_and_nearly_as_much(holes):
    erase = Erase(fill="colour", area_range=(0.1, 0.3), holes=holes)
    covered = []
    for i in range(50):
        draw, made = _made(erase, WHITE, i)
        covered.append((made == 0).all(2).mean() / draw["erase"])
    assert max(covered) <= 1
    assert np.max(covered) > 0.85


def test_one_hole_is_one_rectangle():
    _, made = _made(Erase(fill="colour", area_range=(0.2, 0.2)), WHITE)
    hole = (made == 0).all(2)
    assert hole.sum() == hole.any(0).sum() * hole.any(1).sum()


def test_noise_repeats_and_the_mean_is_one_colour():
    picture = np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8)
    noisy = Erase(fill="noise", area_range=(0.2, 0.2))
    np.testing.assert_array_equal(_made(noisy, picture)[1], _made(noisy, picture)[1])
    made = _made(Erase(area_range=(0.2, 0.2)), picture)[1]
    changed = made[(made != picture).any(2)]
    assert len(np.unique(changed, axis=0)) == 1
    np.testing.assert_allclose(changed[0], picture.mean((0, 1)), atol=0.51)


def test_the_parent_is_left_as_it_was():
    picture = WHITE.copy()
    _made(Erase(fill="colour"), picture)
    np.testing.assert_array_equal(picture, WHITE)


def test_the_contract_bounds_what_is_covered():
    erase = Erase(area_range=(0.0, 0.5))
    job = Job(0, "a", 0, ("p",), {"erase": (0.0, 0.05)}, 0)
    drawn = [erase.applied(erase.draw(job, (), numpy_rng("test", i)))["erase"] for i in range(100)]
    assert max(drawn) <= 0.05


def test_tiny_pictures_are_no_trouble():
    _, made = _made(Erase(fill="colour", area_range=(0.5, 0.5), aspect_range=(9, 9)), WHITE[:1, :1])
    assert made.shape == (1, 1, 3)
