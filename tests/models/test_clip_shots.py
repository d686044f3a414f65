from fractions import Fraction

import numpy as np
from moving_bar import barred

from synthgen.models.clip_frames import encoded
from synthgen.models.clip_shots import shots


def scene(seed: int, n: int) -> list[np.ndarray]:
    ground = np.kron(
        np.random.default_rng(seed).integers(0, 256, (4, 6, 3), np.uint8), np.ones((12, 12, 1), np.uint8)
    )
    return [np.roll(ground, i, 1) for i in range(n)]


def test_the_first_frame_of_each_further_shot_is_found():
    clip = encoded([*scene(1, 14), *scene(2, 9), *scene(3, 20)], Fraction(25))
    assert shots(clip) == (14, 23)


def test_what_moves_is_no_shot_boundary():
    assert shots(barred(40)) == ()
    assert shots(encoded(scene(4, 30), Fraction(25))) == ()
    assert shots(encoded(scene(5, 1), Fraction(25))) == ()
