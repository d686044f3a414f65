"""How training sounds are moved so that a classifier learns what their class may be like."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch.nn import functional

from synthgen.contract import Effect, LabelContract

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEMITONE = 0.015
"""Of the range of the bands, at 1 kHz."""
MASKS = 2


class Augment(NamedTuple):
    """How far training sounds of one class are moved without changing their label."""

    shift_share: float = 0.05
    speed_share: float = 0.06
    pitch_semitones: float = 0.6
    noise_share: float = 0.1
    """Of the range between the loudest and the quietest that is told apart, up to which noise rises."""
    colour_share: float = 0.05
    """By which bands grow louder or quieter toward either end."""
    mask_share: float = 0.07
    """Of the time and of the bands, for each of two masks."""


SILENT = {
    "shift": (-0.2, 0.2), "speed": (0.75, 4 / 3), "pitch": (-2.0, 2.0), "noise": (0.0, 0.32), "band": (0.0, 0.5),
    "mask_time": (0.0, 0.25), "mask_bands": (0.0, 0.25),
}  # fmt: skip
"""What holds where the contract says nothing, as in the generators that have these effects."""


def allowed(contract: LabelContract, label: str, reach: float = 1.0) -> Augment:
    """How far sounds of a class are moved: `reach` times as far as usual, and never farther than the contract lets
    them while they stay their class."""

    def graded(name: str, wanted: float, neutral: float = 0.0, one_sided: bool = False) -> float:
        rule = contract.rule(label, name)
        most = math.exp(wanted) if neutral else wanted
        asked = Effect(name, 1 / most if neutral else -most, most, neutral)
        low, high = (rule.range(asked) if rule else SILENT[name]) or (asked.low, asked.high)
        if neutral:
            low, high = (math.log(max(end, 1e-6)) for end in (low, high))
        return max(0.0, min(wanted, high) if one_sided else min(wanted, -low, high))

    usual = Augment()
    mask = reach * usual.mask_share
    return Augment(
        shift_share=graded("shift", reach * usual.shift_share),
        speed_share=graded("speed", reach * usual.speed_share, 1.0),
        pitch_semitones=graded("pitch", reach * usual.pitch_semitones),
        noise_share=graded("noise", min(0.4, reach * usual.noise_share), one_sided=True),
        colour_share=graded("band", reach * usual.colour_share, one_sided=True),
        mask_share=min(graded(name, mask, one_sided=True) for name in ("mask_time", "mask_bands")),
    )


def moved(x: torch.Tensor, limits: NDArray[np.float32], rng: np.random.Generator) -> torch.Tensor:
    """Levels (n, 1, bands, frames) in 0..1 shifted in time and pitch, sped up, with noise, in another colour, masked;
    `limits` holds the fields of Augment in columns.

    Source: Park et al. 2019 (SpecAugment), section 2, for the masks.
    """
    n, _, bands, frames = x.shape
    shift, speed, pitch, noise, colour, mask = limits.T
    faster = np.exp(speed * rng.uniform(-1, 1, n))
    later = 2 * shift * rng.uniform(-1, 1, n)
    higher = 2 * SEMITONE * pitch * rng.uniform(-1, 1, n)
    still, zero = np.ones(n), np.zeros(n)
    rows = np.array([[faster, zero, later], [zero, still, higher]], np.float32).transpose(2, 0, 1)
    grid = functional.affine_grid(
        torch.from_numpy(rows.copy()).to(x.device), list(x.shape), align_corners=False
    )
    x = functional.grid_sample(x, grid, padding_mode="zeros", align_corners=False)
    ramp = np.linspace(-1, 1, bands)[None, :, None]
    floor = (noise * rng.uniform(0, 1, n) ** 2)[:, None, None]
    grain = floor * (0.85 + 0.15 * rng.standard_normal((n, bands, frames), np.float32))
    tilt = (colour * rng.uniform(-1, 1, n))[:, None, None] * ramp
    seen = np.ones((n, bands, frames), np.float32)
    for size, axis in ((frames, 2), (bands, 1)):
        at = np.arange(size)
        for _ in range(MASKS):
            width = size * mask * rng.uniform(0, 1, n)
            first = rng.uniform(0, 1, n) * (size - width)
            hidden = (at >= first[:, None]) & (at < (first + width)[:, None])
            seen *= ~(hidden[:, None, :] if axis == 2 else hidden[:, :, None])
    added, lowest, kept = (
        torch.from_numpy(np.asarray(a, np.float32))[:, None].to(x.device) for a in (tilt, grain, seen)
    )
    heard = (x > 0.02).float()
    return torch.maximum(x + added * heard, lowest).clamp(0, 1) * kept
