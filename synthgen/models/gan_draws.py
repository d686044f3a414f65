"""What a GAN sees in training: real pictures drawn fairly over the classes, varied and covered in part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from synthgen import seeds
from synthgen.contract import Effect, LabelContract
from synthgen.models.resizing import resized
from synthgen.sample import Sample

if TYPE_CHECKING:
    import numpy as np

Z_SIZE = 64


class Vary(NamedTuple):
    """How far the real pictures of one class are varied in training: turn in degrees, shift as a share of the side."""

    turn: tuple[float, float] = (0.0, 0.0)
    shift: tuple[float, float] = (0.0, 0.0)
    resize: tuple[float, float] = (1.0, 1.0)
    mirror: bool = False

    @classmethod
    def inside(cls, contract: LabelContract, label: str, asked: Vary) -> Vary:
        """As far as is asked, and no further than the label contract lets pictures of this class be varied."""
        effects = (
            Effect("turn", *asked.turn, free=(-15, 15)),
            Effect("shift", *asked.shift, free=(-0.2, 0.2)),
            Effect("resize", *asked.resize, neutral=1, free=(0.75, 4 / 3)),
            Effect.on_off("mirror", asked.mirror),
        )
        routes = contract.routes(effects, label, ())
        if not isinstance(routes, list):
            return cls()
        bounds = routes[0].bounds
        return cls(bounds["turn"], bounds["shift"], bounds["resize"], bounds["mirror"][1] > 0)


class Draws:
    """Everything drawn in training, from one generator on the CPU: the same numbers on every device."""

    def __init__(self, real: Tensor, label: Tensor, vary: Sequence[Vary], seed: int, device: str) -> None:
        order = torch.argsort(label, stable=True)
        self.real, self.device = real[order], device
        self.count = torch.bincount(label, minlength=len(vary))
        self.first = self.count.cumsum(0) - self.count
        present = (self.count > 0).double()
        self.chance = 0.5 * self.count / self.count.sum() + 0.5 * present / present.sum()
        self.ranges = torch.tensor([[v.turn, v.shift, v.shift, v.resize] for v in vary])
        self.mirror = torch.tensor([v.mirror for v in vary])
        self.rng = seeds.torch_rng("conditional_gan", seed)

    def uniform(self, *shape: int) -> Tensor:
        return torch.rand(*shape, generator=self.rng)

    def z(self, batch: int) -> Tensor:
        return torch.randn(batch, Z_SIZE, generator=self.rng).to(self.device)

    def pictures(self, batch: int) -> tuple[Tensor, Tensor]:
        """Real pictures in [-1, 1] and their classes, in pairs of one class; half of them balanced over the classes."""
        drawn = torch.multinomial(self.chance, (batch + 1) // 2, replacement=True, generator=self.rng)
        label = drawn.repeat_interleave(2)[: batch // 2 * 2]
        place = self.first[label] + (self.uniform(len(label)) * self.count[label]).long()
        real = self.real[place].float().div(127.5).sub(1)
        return self._varied(real, label).to(self.device), label.to(self.device)

    def _varied(self, pictures: Tensor, label: Tensor) -> Tensor:
        low, high = self.ranges[label].unbind(2)
        turn, right, down, resize = (low + (high - low) * self.uniform(len(label), 4)).unbind(1)
        flip = 1 - 2 * (self.mirror[label] & (self.uniform(len(label)) < 0.5)).float()
        cos, sin = torch.cos(turn.deg2rad()) / resize, torch.sin(turn.deg2rad()) / resize
        rows = torch.stack([cos * flip, -sin, 2 * right, sin * flip, cos, 2 * down], 1).view(-1, 2, 3)
        grid = F.affine_grid(rows, list(pictures.shape), align_corners=False)
        return F.grid_sample(pictures, grid, padding_mode="border", align_corners=False)

    def augmented(self, pictures: Tensor) -> Tensor:
        """Pictures as the discriminator sees them, real and made alike: brighter, shifted, partly covered."""
        n, _, side, _ = pictures.shape
        light, contrast, covered = self.uniform(3, n, 1, 1, 1).to(self.device)
        middle = pictures.mean((1, 2, 3), keepdim=True) + (light - 0.5) * 0.4
        pictures = (pictures - pictures.mean((1, 2, 3), keepdim=True)) * (0.7 + contrast * 0.6) + middle
        line = torch.arange(side, device=self.device)
        reach = side // 8
        place = torch.randint(-reach, reach + 1, (2, n, 1), generator=self.rng).to(self.device)
        down, right = (line + place).clamp(0, side - 1)
        which = torch.arange(n, device=self.device)[:, None, None]
        pictures = pictures.permute(0, 2, 3, 1)[which, down[:, :, None], right[:, None, :]].permute(
            0, 3, 1, 2
        )
        middle = torch.randint(0, side, (2, n, 1), generator=self.rng).to(self.device)
        near = (line - middle).abs() < side // 6
        hole = near[0][:, None, :, None] & near[1][:, None, None, :] & (covered < 0.5)
        return pictures * ~hole


def as_tensor(pictures: np.ndarray[Any, Any], size: int) -> Tensor:
    """Bytes (n, 1 or 3, size, size); one channel where all pictures are grey."""
    import numpy as np

    if pictures.shape[1:3] != (size, size):
        pictures = np.stack([resized(picture, size, size) for picture in pictures])
    if (pictures == pictures[..., :1]).all():
        pictures = pictures[..., :1]
    return torch.from_numpy(np.ascontiguousarray(pictures)).permute(0, 3, 1, 2)


def fair_part(train: Sequence[Sample], most: int) -> Sequence[Sample]:
    """At most about `most` samples: of each class the same number, or all where it has fewer."""
    by_label: dict[str | None, list[Sample]] = {}
    for sample in train:
        by_label.setdefault(sample.label, []).append(sample)
    if len(train) <= most:
        return train
    each = max(1, most // len(by_label))
    return [one for group in by_label.values() for one in group[:: -(-len(group) // each)]]
