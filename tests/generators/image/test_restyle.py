import cv2
import numpy as np
import pytest

from synthgen.contract import LabelContract, Refusal
from synthgen.generators.image.restyle import CHROMA, Restyle
from synthgen.sample import Job, Sample, Work
from synthgen.seeds import numpy_rng


def _photo(cast: tuple[float, float, float], seed: int = 0, height: int = 48, width: int = 60) -> np.ndarray:
    """Blobs on a background, under a light of this colour."""
    rng = np.random.default_rng(seed)
    blobs = cv2.GaussianBlur(rng.normal(0, 1, (height, width)).astype(np.float32), (0, 0), 4)
    blobs = blobs / np.abs(blobs).max() * np.hanning(height)[:, None] * np.hanning(width)
    return (255 * np.array(cast) * (0.75 + 0.25 * blobs[..., None])).round().clip(0, 255).astype(np.uint8)


COLD, WARM = _photo((0.6, 0.7, 0.85)), _photo((0.95, 0.8, 0.6), 1)


def _made(
    first: np.ndarray, style: np.ndarray, strength: float, hue: float = 180.0, **settings
) -> np.ndarray:
    parents = tuple(Sample(name, "image", name, lambda p=p: p) for name, p in (("a", first), ("b", style)))
    work = Work(Job(0, "a", 0, ("a", "b"), {}, 0), parents, {"restyle": strength, "hue": hue})
    made = Restyle(**settings).make([work], None)[0]
    assert made.weights is None
    return made.payload


def _lab(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)


def _edges(picture: np.ndarray) -> np.ndarray:
    light = _lab(picture)[..., 0]
    return np.hypot(cv2.Sobel(light, -1, 1, 0), cv2.Sobel(light, -1, 0, 1))


def test_no_strength_changes_nothing():
    np.testing.assert_array_equal(_made(COLD, WARM, 0.0), COLD)


def test_a_picture_in_its_own_style_stays_as_it_is():
    np.testing.assert_allclose(_made(COLD, COLD, 1.0).astype(int), COLD.astype(int), atol=1)


def test_at_full_strength_light_and_cast_are_those_of_the_style():
    made = _lab(_made(COLD, WARM, 1.0, frame_share=1.0))
    np.testing.assert_allclose(made.mean((0, 1)), _lab(WARM).mean((0, 1)), atol=0.6)
    assert made[..., 0].std() == pytest.approx(_lab(WARM)[..., 0].std(), rel=0.1)


def test_half_the_strength_goes_half_the_way():
    own, half, other = (_lab(p).mean((0, 1)) for p in (COLD, _made(COLD, WARM, 0.5, frame_share=1.0), WARM))
    np.testing.assert_allclose(half, (own + other) / 2, atol=0.6)


def test_edges_stay_where_they_are():
    made = _edges(_made(COLD, WARM, 1.0)).ravel()
    parent, style = (_edges(p).ravel() for p in (COLD, WARM))
    assert np.corrcoef(made, parent)[0, 1] > 0.95
    assert np.corrcoef(made, style)[0, 1] < np.corrcoef(parent, style)[0, 1] + 0.05


def test_a_contract_without_hue_leaves_the_colour_axes_alone():
    np.testing.assert_allclose(_lab(_made(COLD, WARM, 1.0, hue=0.0))[..., 1:], _lab(COLD)[..., 1:], atol=0.8)
    assert _lab(_made(COLD, WARM, 1.0, hue=0.0))[..., 0].mean() > _lab(COLD)[..., 0].mean() + 1


@pytest.mark.parametrize("hue", [5.0, -15.0])
def test_colours_move_no_further_than_the_drawn_hue_turns_a_middling_one(hue):
    moved = (_lab(_made(COLD, WARM, 1.0, hue=hue)) - _lab(COLD))[..., 1:].mean((0, 1))
    assert np.hypot(*moved) == pytest.approx(2 * CHROMA * np.sin(np.radians(abs(hue)) / 2), abs=0.3)


def test_what_stands_in_the_middle_of_the_style_gives_no_cast():
    spotted = np.full((48, 60, 3), 150, np.uint8)
    spotted[18:30, 22:38] = (220, 30, 30)
    plain = np.full((48, 60, 3), 150, np.uint8)
    cast = [_lab(_made(COLD, style, 1.0))[0, 0, 1:] for style in (spotted, plain)]
    np.testing.assert_allclose(cast[0], cast[1], atol=0.9)


def test_contrast_is_at_most_doubled():
    faint = (128 + (_photo((1, 1, 1)) - 191.0) * 0.02).round().astype(np.uint8)
    stark = _photo((1, 1, 1), 2)
    assert _lab(_made(faint, stark, 1.0, waves=0))[..., 0].std() < 2.1 * _lab(faint)[..., 0].std()


def test_a_style_of_another_size_is_fine():
    small = _photo((0.95, 0.8, 0.6), 3, 9, 7)
    assert _made(COLD, small, 0.7).shape == COLD.shape
    assert _made(small, COLD, 0.7).shape == small.shape
    assert _made(small[:1, :1], COLD, 0.7).shape == (1, 1, 3)


def test_draws_stay_inside_a_narrow_contract_and_a_contract_may_forbid_it():
    contract = LabelContract(every={"hue": 5, "restyle": 0.4})
    bounds = contract.routes(Restyle().effects(), "a", ())[0].bounds
    for i in range(50):
        draw = Restyle().draw(Job(0, "a", i, (), bounds, 0), (), numpy_rng("test", i))
        assert 0.2 <= draw["restyle"] <= 0.4
        assert -5 <= draw["hue"] <= 5
    never = LabelContract(every={"restyle": False})
    assert isinstance(never.routes(Restyle().effects(), "a", ()), Refusal)
