"""Learn from pairs of pictures how those of one class differ, to make other ones of any parent."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from synthgen import seeds
from synthgen.device import one_thread, pick_device
from synthgen.errors import ModelError
from synthgen.models.gan_draws import Draws, Vary, as_tensor
from synthgen.models.gan_game import Game, Progress, play, steepness
from synthgen.models.variator import NOISE, WIDTHS, Variator, changed

if TYPE_CHECKING:
    import numpy as np

    Pixels = np.ndarray[Any, np.dtype[np.uint8]]

SPREAD = 0.02  # weight of the mode-seeking term
ROUGH_FLOW = 2.0
ROUGH_LIGHT = 0.5
PAINTED = 0.3  # weight of what is painted instead of moved: it blurs
PAINTER_RATE = 5e-4
CRITIC_RATE = 8e-4


class Critic(nn.Module):  # type: ignore[misc]
    """How much like two pictures of one class each pair (n, 2 x channels, size, size) looks."""

    def __init__(self, size: int, channels: int) -> None:
        super().__init__()
        widths = (*WIDTHS, 128)
        self.first = nn.Conv2d(8 * channels, widths[0], 3, padding=1)
        self.levels = nn.ModuleList([nn.Conv2d(a, b, 4, 2, 1) for a, b in pairwise(widths)])
        self.last = nn.Sequential(
            nn.Linear(widths[-1] * (size // 16) ** 2, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1)
        )

    def forward(self, pairs: Tensor) -> Tensor:
        x = F.leaky_relu(self.first(F.pixel_unshuffle(pairs, 2)), 0.2)
        for level in self.levels:
            x = F.leaky_relu(level(x), 0.2)
        return self.last(x.flatten(1))[:, 0]  # type: ignore[no-any-return]


class Pairs(Draws):
    """Pairs of different pictures of one class; a share of them with each class as often, the others as they are."""

    def __init__(
        self, real: Tensor, label: Tensor, vary: Sequence[Vary], seed: int, device: str, balanced_share: float
    ) -> None:
        super().__init__(real, label, vary, seed, device)
        paired = self.count > 1
        even, natural = paired.double(), (self.count * paired).double()
        self.chance = balanced_share * even / even.sum() + (1 - balanced_share) * natural / natural.sum()

    def pairs(self, batch: int) -> tuple[Tensor, Tensor]:
        """Parents and others, each (batch, c, size, size) in [-1, 1]."""
        label = torch.multinomial(self.chance, batch, replacement=True, generator=self.rng)
        count, (one, step) = self.count[label], self.uniform(2, batch)
        one = (one * count).long()
        other = (one + 1 + (step * (count - 1)).long()) % count
        place = self.first[label].repeat(2) + torch.cat([one, other])
        varied = self._varied(self.real[place].float().div(127.5).sub(1), label.repeat(2)).to(self.device)
        return varied[:batch], varied[batch:]

    def noise(self, batch: int) -> Tensor:
        return torch.randn(batch, NOISE, generator=self.rng).to(self.device)


def train(
    pictures: Pixels, labels: Sequence[int], folder: Path, *, vary: Sequence[Vary] = (), size: int = 48,
    steps: int = 600, batch: int = 24, balanced_share: float = 0.5, seed: int = 0,
    progress: Progress | None = None,
) -> None:  # fmt: skip
    """Write config.json and model.safetensors of what varies pictures as those of one class differ to `folder`.

    Payload: uint8 (n, h, w, 3), brought to `size`, a multiple of 16; `vary` holds one entry a class number.
    The same input gives the same bytes on a CPU.
    Source: Antoniou et al. 2017 (DAGAN), section 3, its generator bound to a warp, a light field and little paint;
    Huang et al. 2024 (R3GAN), section 2; Zhao et al. 2020 (DiffAugment); Mao et al. 2019 (MSGAN).
    """
    label = torch.as_tensor(labels)
    if size < 16 or size % 16:
        raise ModelError(f"variation is learned at a size that is a multiple of 16, but got {size}.")
    if len(pictures) != len(label) or not (torch.bincount(label) > 1).any():
        raise ModelError("variation is learned from pairs: at least one class needs two pictures or more.")
    from safetensors.torch import save_file

    one_thread()
    device = pick_device()
    real = as_tensor(pictures, size)
    classes = [*vary] or [Vary()] * (int(label.max()) + 1)
    draws = Pairs(real, label, classes, seed, device, balanced_share)
    with seeds.torch_init("variation_gan", seed):
        painter, critic = Variator(size, real.shape[1]), Critic(size, real.shape[1])
    average = play(painter, critic, partial(_step, draws=draws, batch=batch), steps, progress)
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.cpu().contiguous() for name, value in average.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(average.config, indent=1) + "\n", "utf-8")


def _step(game: Game, done: float, penalise: bool, *, draws: Pairs, batch: int) -> Tensor:
    """One step of both players; the loss of the critic, which rises towards log 2 as the painter learns."""
    game.slow_down(done, PAINTER_RATE, CRITIC_RATE)
    parents, others = draws.pairs(batch)
    again = torch.cat([parents[: (batch + 1) // 2]] * 2)[:batch]  # each parent twice, with other noise
    noise = draws.noise(batch)
    change = game.painter(again, noise)
    fake = torch.cat([again, made := changed(again, change)], 1)
    real = torch.cat([parents, others], 1)
    seen = [draws.augmented(shown).requires_grad_(penalise) for shown in (real, fake.detach())]
    how_real, how_fake = map(game.critic, seen)
    loss = F.softplus(how_fake - how_real).mean()
    game.theirs.zero_grad()
    game.accelerator.backward(loss + steepness(how_real + how_fake, seen) if penalise else loss)
    game.theirs.step()

    game.critic.requires_grad_(False)
    worse = F.softplus(how_real.detach() - game.critic(draws.augmented(fake))).mean()
    half = batch // 2
    one, two = slice(0, half), slice(batch - half, batch)
    apart = (made[one] - made[two]).abs().mean((1, 2, 3)) / (noise[one] - noise[two]).abs().mean(1)
    held = ROUGH_FLOW * _roughness(change.flow) + ROUGH_LIGHT * _roughness(change.light)
    held = held + PAINTED * change.cover.mean()
    game.ours.zero_grad()
    game.accelerator.backward(worse + SPREAD * (1 / (apart + 0.05)).mean() + held)
    game.ours.step()
    game.critic.requires_grad_(True)
    return loss.detach()


def _roughness(field: Tensor) -> Tensor:
    return field.diff(dim=2).square().mean() + field.diff(dim=3).square().mean()
