import math

import numpy as np
import pytest
import torch

from synthgen.contract import LabelContract
from synthgen.models.image_moves import Augment, allowed, moved


def test_training_moves_pictures_no_farther_than_the_contract_allows():
    contract = LabelContract.model_validate(
        {"every": {"mirror": True, "turn": 45}, "label": {"6": {"mirror": False, "turn": 3}}}
    )
    assert allowed(LabelContract(), "6") == Augment()
    assert allowed(contract, "8") == Augment(mirror=True)
    assert allowed(contract, "6") == Augment(turn_degrees=3)
    left = LabelContract.model_validate({"every": {"mirror": {"relabel": {"left": "right"}}}})
    assert not allowed(left, "left").mirror


def test_a_longer_reach_moves_farther_up_to_what_the_contract_or_its_defaults_allow():
    contract = LabelContract.model_validate({"every": {"turn": 40, "shift": 0.1, "resize": [0.9, 1.5]}})
    far = allowed(contract, "6", reach=2)
    assert (far.turn_degrees, far.shift_share) == (20, 0.1)
    assert far.scale_share == pytest.approx(-math.log(0.9))
    assert far.light_share == pytest.approx(0.4)
    assert allowed(LabelContract(), "6", reach=3).turn_degrees == 15
    still = LabelContract.model_validate({"every": {"brightness": False, "resize": False, "shift": False}})
    assert allowed(still, "6", reach=2) == Augment(False, False, 15, 0, 0, 0)


def test_nothing_allowed_moves_nothing():
    x = torch.linspace(-1, 1, 2 * 3 * 8 * 8).reshape(2, 3, 8, 8)
    limits = np.zeros((2, len(Augment._fields)), np.float32)
    torch.testing.assert_close(moved(x, limits, np.random.default_rng(0)), x, atol=1e-5, rtol=0)


def test_each_picture_is_moved_within_its_own_limits():
    x = torch.rand((2, 3, 8, 8), generator=torch.Generator().manual_seed(0))
    limits = np.array([Augment(False, False, 0, 0, 0, 0), Augment()], np.float32)
    out = moved(x, limits, np.random.default_rng(0))
    torch.testing.assert_close(out[0], x[0], atol=1e-5, rtol=0)
    assert not torch.allclose(out[1], x[1], atol=0.05)
