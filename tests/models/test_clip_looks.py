import numpy as np
import pytest

from synthgen.models.clip_looks import blackness, changes, stillness, unsteadiness


def moving(n: int) -> np.ndarray:
    """A light that wanders: every frame differs from the one before by the same small step."""
    return np.stack([np.full((24, 24), 0.3 + 0.005 * i, np.float32) for i in range(n)])


def test_black_frames_are_counted_and_dark_ones_are_not():
    grey = moving(20)
    grey[5:10] = 0.06
    grey[12] = 0.2
    assert blackness(grey) == pytest.approx(0.25)


def test_the_longest_run_without_a_change_counts():
    grey = moving(21)
    grey[5:13] = grey[5]
    grey[15:18] = grey[15]
    assert stillness(grey, 0.001) == pytest.approx(7 / 20)
    assert stillness(grey[:1], 0.001) == 0
    assert changes(grey).shape == (20,)


def test_what_moves_evenly_is_steady_and_what_flickers_is_not():
    grey = moving(20)
    assert unsteadiness(grey) < 1e-6
    assert unsteadiness(grey + 0.02 * (np.arange(20) % 2)[:, None, None]) == pytest.approx(0.02, rel=0.01)


def test_a_few_cuts_from_shot_to_shot_are_no_flicker():
    grey = moving(30)
    grey[10:] += 0.3
    grey[20:] -= 0.2
    assert unsteadiness(grey) < 1e-6
    assert unsteadiness(grey[:2]) == 0
