import numpy as np
import pytest
from pydantic import ValidationError

from synthgen.generators.image.cutmix import Cutmix
from synthgen.sample import Failed, Job, Sample, Work
from synthgen.seeds import numpy_rng

RED = np.full((20, 30, 3), (200, 0, 0), np.uint8)
BLUE = np.full((20, 30, 3), (0, 0, 200), np.uint8)


def _sample(picture: np.ndarray, label: str | None, weights=None) -> Sample:
    return Sample(label or "", "image", label, lambda: picture, weights)


def _made(first: Sample, second: Sample, index: int = 0, bounds=None, **settings):
    cutmix = Cutmix(**settings)
    job = Job(0, "red", index, ("r", "b"), bounds or {}, 0)
    draw = cutmix.draw(job, (first, second), numpy_rng("test", index))
    return cutmix.applied(draw)["mix"], cutmix.make([Work(job, (first, second), draw)], None)[0]


def test_the_label_is_mixed_as_the_pictures_are():
    for i in range(50):
        mix, made = _made(_sample(RED, "red"), _sample(BLUE, "blue"), i)
        blue_share = made.payload[..., 2].mean() / 200
        assert made.payload.dtype == np.uint8
        assert made.payload.shape == RED.shape
        assert made.weights["blue"] == pytest.approx(blue_share, abs=0.003)
        assert made.weights["blue"] <= mix + 1e-9
        assert sum(made.weights.values()) == pytest.approx(1)
        assert made.weights["red"] > made.weights["blue"]


def test_the_partner_is_brought_to_the_size_of_the_first_parent():
    _, made = _made(_sample(RED, "red"), _sample(BLUE[:7, :9], "blue"))
    assert made.payload.shape == RED.shape


def test_two_parents_of_one_class_keep_it_whole():
    _, made = _made(_sample(RED, "red"), _sample(BLUE, "red"))
    assert made.weights == pytest.approx({"red": 1})


def test_soft_parents_pass_their_weights_on():
    _, made = _made(_sample(RED, "red", {"red": 0.5, "green": 0.5}), _sample(BLUE, "blue"))
    assert made.weights["red"] == made.weights["green"] == pytest.approx((1 - made.weights["blue"]) / 2)


def test_a_parent_without_a_label_fails_alone():
    assert isinstance(_made(_sample(RED, "red"), _sample(BLUE, None))[1], Failed)


def test_the_share_lies_inside_the_bounds():
    bounds = {"mix": (0.1, 0.12)}
    mixes = [_made(_sample(RED, "red"), _sample(BLUE, "blue"), i, bounds)[0] for i in range(50)]
    assert 0.1 <= min(mixes) <= max(mixes) <= 0.12


def test_a_small_alpha_keeps_near_the_lower_bound():
    def middle(alpha: float) -> float:
        pair = _sample(RED, "red"), _sample(BLUE, "blue")
        return float(np.median([_made(*pair, i, alpha=alpha)[0] for i in range(100)]))

    assert middle(0.2) < 0.1 < 0.2 < middle(1.0)


def test_parents_are_left_as_they_were():
    red, blue = RED.copy(), BLUE.copy()
    _made(_sample(red, "red"), _sample(blue, "blue"))
    assert (red == RED).all()
    assert (blue == BLUE).all()


def test_a_partner_cannot_have_the_larger_share():
    with pytest.raises(ValidationError):
        Cutmix(partner_share_range=(0.1, 0.6))


def test_the_wanted_picture_may_stand_inside_the_other_and_still_has_the_larger_share():
    for i in range(50):
        settings = {"inside": "wanted", "partner_share_range": (0.0, 0.4999)}
        mix, made = _made(_sample(RED, "red"), _sample(BLUE, "blue"), i, **settings)
        shown = made.payload[..., 0] > 0
        rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
        assert shown[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        assert made.weights["blue"] == pytest.approx(1 - shown.mean())
        assert mix - 0.1 < made.weights["blue"] <= mix + 1e-9
        assert made.weights["red"] > 0.5
