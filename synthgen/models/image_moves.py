"""How training pictures are moved so that a classifier learns what their class may look like."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch.nn import functional

from synthgen.contract import Effect, LabelContract

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Augment(NamedTuple):
    """How far training pictures of one class are moved without changing their label."""

    mirror: bool = False
    flip_vertical: bool = False
    turn_degrees: float = 10.0
    shift_share: float = 0.08
    scale_share: float = 0.1
    light_share: float = 0.2


SILENT = {"turn": (-15.0, 15.0), "shift": (-0.2, 0.2), "resize": (0.75, 4 / 3), "brightness": (0.5, 2.0)}
"""What holds where the contract says nothing, as in the generators that have these effects."""


def allowed(contract: LabelContract, label: str, reach: float = 1.0) -> Augment:
    """How far pictures of a class are moved: `reach` times as far as usual, and never farther than the contract lets
    them while they stay their class."""

    def switch(name: str) -> bool:
        rule = contract.rule(label, name)
        return bool(rule and rule.allow and rule.target(label) in (None, label))

    def graded(name: str, wanted: float, neutral: float = 0.0) -> float:
        rule = contract.rule(label, name)
        most = math.exp(wanted) if neutral else wanted
        asked = Effect(name, 1 / most if neutral else -most, most, neutral)
        low, high = (rule.range(asked) if rule else SILENT[name]) or (asked.low, asked.high)
        if neutral:
            low, high = (math.log(max(end, 1e-6)) for end in (low, high))
        return max(0.0, min(wanted, -low, high))

    usual = Augment()
    return Augment(
        mirror=switch("mirror"),
        flip_vertical=switch("flip_vertical"),
        turn_degrees=graded("turn", reach * usual.turn_degrees),
        shift_share=graded("shift", reach * usual.shift_share),
        scale_share=graded("resize", reach * usual.scale_share, 1.0),
        light_share=graded("brightness", reach * usual.light_share, 1.0),
    )


def moved(x: torch.Tensor, limits: NDArray[np.float32], rng: np.random.Generator) -> torch.Tensor:
    """Turn, shift, scale, flip and light each picture of a batch; `limits` holds the fields of Augment in columns."""
    n = len(x)
    mirror, flip, turn, shift_share, scale, light_share = limits.T
    angle = np.radians(turn * rng.uniform(-1, 1, n))
    grow = np.exp(scale * rng.uniform(-1, 1, (2, n)))
    shift = 2 * shift_share * rng.uniform(-1, 1, (2, n))
    across, down = np.where(np.stack([mirror, flip]) * (rng.random((2, n)) < 0.5), -1, 1)
    rows = [
        [across * grow[0] * np.cos(angle), -grow[0] * np.sin(angle), shift[0]],
        [grow[1] * np.sin(angle), down * grow[1] * np.cos(angle), shift[1]],
    ]
    theta = torch.from_numpy(np.array(rows, np.float32).transpose(2, 0, 1).copy()).to(x.device)
    grid = functional.affine_grid(theta, [n, 3, *x.shape[2:]], align_corners=False)
    x = functional.grid_sample(x, grid, padding_mode="border", align_corners=False)
    gain, lift = light_share * rng.uniform(-1, 1, (2, n))
    light = torch.from_numpy(np.stack([np.exp(gain), lift]).astype(np.float32)).to(x.device)
    factor, summand = light[..., None, None, None]
    return (x * factor + summand).contiguous(memory_format=torch.channels_last)
