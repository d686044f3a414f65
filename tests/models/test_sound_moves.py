import numpy as np
import pytest
import torch

from synthgen.contract import LabelContract
from synthgen.models.sound_moves import Augment, allowed, moved
from synthgen.seeds import numpy_rng

STILL = Augment(0, 0, 0, 0, 0, 0)


def _moved(**how) -> np.ndarray:
    x = torch.zeros(64, 1, 32, 64)
    x[:, :, 15:17, 30:34] = 1
    limits = np.array([STILL._replace(**how)] * 64, np.float32)
    return moved(x, limits, numpy_rng("moves"))[:, 0].numpy()


def test_nothing_moves_where_nothing_may():
    seen = _moved()
    np.testing.assert_allclose(seen[:, 15:17, 30:34], 1, atol=1e-5)
    assert seen.sum() - 64 * 8 < 0.01


def test_time_and_pitch_move_as_far_as_they_may():
    for how, axis, most in (({"shift_share": 0.25}, 2, 16), ({"pitch_semitones": 12}, 1, 12 * 0.015 * 32)):
        seen = _moved(**how)
        size = seen.shape[axis]
        weights = seen.sum(3 - axis)
        centres = (weights * (np.arange(size) + 0.5)).sum(1) / weights.sum(1) - size / 2
        assert 0.7 * most < np.abs(centres).max() <= most + 0.1
        assert centres.min() < 0 < centres.max()


def test_masks_hide_and_noise_rises_only_where_nothing_louder_is():
    hidden = _moved(mask_share=0.4).sum((1, 2))
    assert 0 < (hidden < 7).mean() < 0.8
    noisy = _moved(noise_share=0.3)
    np.testing.assert_allclose(noisy[:, 15:17, 30:34], 1, atol=1e-5)
    assert 0.1 < noisy[:, :10].max() < 0.6


def test_the_contract_bounds_each_move():
    usual = Augment()
    contract = LabelContract(every={"pitch": 0.2, "shift": False, "speed": True, "mask_time": 0.01})
    bounded = allowed(contract, "a")
    assert bounded.pitch_semitones == 0.2
    assert bounded.shift_share == 0
    assert bounded.speed_share == pytest.approx(usual.speed_share)
    assert bounded.mask_share == 0.01
    assert bounded.noise_share == usual.noise_share
    assert allowed(LabelContract(), "a", 2.0).pitch_semitones == 2 * usual.pitch_semitones
