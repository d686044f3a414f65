import numpy as np
import pytest

from synthgen.models.clip_looks import unsteadiness
from synthgen.models.clip_steadying import FREE, steadied


def grey(frames: np.ndarray) -> float:
    return unsteadiness(frames.mean(3) / 255)


@pytest.fixture(scope="module")
def source():
    """A bar that moves evenly."""
    frames = np.full((30, 32, 64, 3), 90, np.uint8)
    for i, frame in enumerate(frames):
        frame[:, i : i + 8] = 170
    return frames


def test_steady_changes_stay_as_they_are(source):
    brighter = source + np.uint8(40)
    np.testing.assert_array_equal(steadied(source, brighter, 1.5), brighter)


@pytest.mark.parametrize("times", [1.2, 2.0, 5.0])
def test_flicker_is_brought_below_the_bound_and_what_all_frames_share_stays(source, times):
    noise = np.random.default_rng(1).normal(40, 25, source.shape)
    flickering = np.clip(source + noise, 0, 255).astype(np.uint8)
    made = steadied(source, flickering, times)
    assert grey(flickering) > times * grey(source)
    assert grey(made) <= max(FREE, times * grey(source))
    assert made.astype(int).mean() - source.mean() == pytest.approx(39, abs=4)


def test_the_motion_of_the_source_stays(source):
    noise = np.random.default_rng(2).normal(0, 30, source.shape)
    made = steadied(source, np.clip(source + noise, 0, 255).astype(np.uint8), 1.5).astype(int)
    moved = np.diff(source.astype(int), axis=0)
    assert np.corrcoef(moved.ravel(), np.diff(made, axis=0).ravel())[0, 1] > 0.8


def test_a_single_frame_cannot_flicker(source):
    np.testing.assert_array_equal(steadied(source[:1], source[:1] + np.uint8(9), 1), source[:1] + np.uint8(9))
