"""A small class-conditional GAN, trained from nothing on a few hundred pictures in a minute on one core."""

from __future__ import annotations

import json
import math
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
from synthgen.models.gan_draws import Z_SIZE, Draws, Vary, as_tensor
from synthgen.models.gan_game import Game, Progress, play, steepness

if TYPE_CHECKING:
    import numpy as np

SPREAD = 0.02  # weight of the mode-seeking term: more of it gives variety for faithfulness
GENERATOR_RATE = 4e-4
DISCRIMINATOR_RATE = 8e-4


class Modulation(nn.Module):  # type: ignore[misc]
    """Normalise each picture's features by themselves, then scale and shift them by its style."""

    def __init__(self, width: int, style: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(8, width, affine=False)
        self.style = nn.Linear(style, 2 * width)
        nn.init.normal_(self.style.weight, 0, 0.05)
        nn.init.zeros_(self.style.bias)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        scale, shift = self.style(style)[:, :, None, None].chunk(2, 1)
        return F.leaky_relu(self.norm(x) * (1 + scale) + shift, 0.2)


class Widen(nn.Module):  # type: ignore[misc]
    """Twice the height and width."""

    def __init__(self, width_in: int, width_out: int, style: int) -> None:
        super().__init__()
        self.modulation = Modulation(width_in, style)
        self.conv = nn.Conv2d(width_in, width_out, 3, padding=1)
        self.skip = nn.Conv2d(width_in, width_out, 1)

    def forward(self, x: Tensor, style: Tensor) -> Tensor:
        change = self.conv(F.interpolate(self.modulation(x, style), scale_factor=2.0))
        return change + F.interpolate(self.skip(x), scale_factor=2.0)


class ConditionalGenerator(nn.Module):  # type: ignore[misc]
    """Pictures in [-1, 1], (n, 1 or 3, size, size), from z (n, 64) and class numbers (n,)."""

    def __init__(self, size: int, channels: int, classes: Sequence[str], picture_size: Sequence[int]) -> None:
        super().__init__()
        self.config: dict[str, Any] = {
            "size": size,
            "channels": channels,
            "classes": list(classes),
            "picture_size": list(picture_size),
        }
        widths, style = _widths(size, 96)[::-1], 128
        self.label = nn.Embedding(len(classes), 32)
        self.style = nn.Sequential(
            nn.Linear(Z_SIZE + 32, style), nn.LeakyReLU(0.2), nn.Linear(style, style), nn.LeakyReLU(0.2)
        )
        self.start = nn.Linear(Z_SIZE + 32, widths[0] * 16)
        self.levels = nn.ModuleList([Widen(a, b, style) for a, b in pairwise(widths)])
        self.last = Modulation(widths[-1], style)
        self.colour = nn.Conv2d(widths[-1], 4 * channels, 3, padding=1)

    def forward(self, z: Tensor, label: Tensor) -> Tensor:
        known = torch.cat([z, self.label(label)], 1)
        style = self.style(known)
        x = self.start(known).unflatten(1, (-1, 4, 4))
        for level in self.levels:
            x = level(x, style)
        return torch.tanh(F.pixel_shuffle(self.colour(self.last(x, style)), 2))


class Discriminator(nn.Module):  # type: ignore[misc]
    """How real each picture looks for its class, by projection (Miyato and Koyama 2018)."""

    def __init__(self, size: int, channels: int, classes: int) -> None:
        super().__init__()
        widths = _widths(size, 128)
        self.first = nn.Conv2d(4 * channels, widths[0], 3, padding=1)
        self.levels = nn.ModuleList([nn.Conv2d(a, b, 4, stride=2, padding=1) for a, b in pairwise(widths)])
        self.features = nn.Linear(widths[-1] * 16, 128)
        self.real = nn.Linear(128, 1)
        self.label = nn.Embedding(classes, 128)

    def forward(self, pictures: Tensor, label: Tensor) -> Tensor:
        x = F.leaky_relu(self.first(F.pixel_unshuffle(pictures, 2)), 0.2)
        for level in self.levels:
            x = F.leaky_relu(level(x), 0.2)
        x = F.leaky_relu(self.features(x.flatten(1)), 0.2)
        return self.real(x)[:, 0] + (self.label(label) * x).sum(1) * 4 / math.sqrt(128)  # type: ignore[no-any-return]


def _widths(size: int, most: int) -> list[int]:
    return [min(32 * 2**level, most) for level in range(int(math.log2(size // 8)) + 1)]


def train(
    pictures: np.ndarray[Any, np.dtype[np.uint8]],
    labels: np.ndarray[Any, np.dtype[np.int64]],
    classes: Sequence[str],
    folder: Path,
    *,
    picture_size: tuple[int, int] | None = None,
    vary: Sequence[Vary] = (),
    size: int = 32,
    steps: int = 900,
    batch: int = 32,
    seed: int = 0,
    progress: Progress | None = None,
) -> None:
    """Write config.json and model.safetensors of a generator of these classes to `folder`.

    Payload: uint8 (n, h, w, 3), brought to `size`, a power of two from 16; `labels` number the `classes`.
    The same input gives the same bytes on a CPU. `picture_size` (h, w) is kept for who paints.
    Source: Huang et al. 2024 (R3GAN), section 2; Zhao et al. 2020 (DiffAugment); Mao et al. 2019 (MSGAN).
    """
    if size < 16 or size & (size - 1):
        raise ModelError(f"a small GAN needs a size that is a power of two from 16, but got {size}.")
    if not len(pictures) == len(labels) or not len(pictures):
        raise ModelError(f"a GAN needs one label a picture, but got {len(labels)} for {len(pictures)}.")
    from safetensors.torch import save_file

    one_thread()
    device = pick_device()
    real = as_tensor(pictures, size)
    draws = Draws(real, torch.as_tensor(labels), [*vary] or [Vary()] * len(classes), seed, device)
    with seeds.torch_init("conditional_gan", seed):
        painter = ConditionalGenerator(size, real.shape[1], classes, picture_size or pictures.shape[1:3])
        critic = Discriminator(size, real.shape[1], len(classes))
    average = play(painter, critic, partial(_step, draws=draws, batch=batch), steps, progress)
    folder.mkdir(parents=True, exist_ok=True)
    weights = {name: value.cpu().contiguous() for name, value in average.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    config = json.dumps(average.config, ensure_ascii=False, indent=1)
    (folder / "config.json").write_text(config + "\n", "utf-8")


def _step(game: Game, done: float, penalise: bool, *, draws: Draws, batch: int) -> Tensor:
    """One step of both players; the loss of the painter."""
    game.slow_down(done, GENERATOR_RATE, DISCRIMINATOR_RATE)
    real, label = draws.pictures(batch)
    z = draws.z(len(label))
    fake = game.painter(z, label)
    seen = [draws.augmented(shown).requires_grad_(penalise) for shown in (real, fake.detach())]
    how_real, how_fake = (game.critic(shown, label) for shown in seen)
    loss = F.softplus(how_fake - how_real).mean()
    if penalise:
        loss = loss + steepness(how_real + how_fake, seen)
    game.theirs.zero_grad()
    game.accelerator.backward(loss)
    game.theirs.step()

    game.critic.requires_grad_(False)
    worse = F.softplus(how_real.detach() - game.critic(draws.augmented(fake), label)).mean()
    apart = (fake[0::2] - fake[1::2]).abs().mean((1, 2, 3)) / (z[0::2] - z[1::2]).abs().mean(1)
    game.ours.zero_grad()
    game.accelerator.backward(worse + SPREAD * (1 / (apart + 0.05)).mean())
    game.ours.step()
    game.critic.requires_grad_(True)
    return worse.detach()


def load(folder: Path, device: str) -> ConditionalGenerator:
    """The generator that `train` wrote to `folder`."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        model = ConditionalGenerator(**config)
        model.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"{folder} holds no GAN that `image/gan` saved ({type(error).__name__}: {error}). "
            f'It needs config.json and model.safetensors; or write model = "fit".'
        ) from error
    return model.to(device).eval().requires_grad_(False)  # type: ignore[no-any-return]


def paint(
    model: ConditionalGenerator,
    z: np.ndarray[Any, np.dtype[np.float32]],
    labels: Sequence[int],
    network_batch: int = 64,
) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Pictures uint8 (n, size, size, 3) for z (n, 64) and class numbers; each depends on its own z and class alone.

    The network always runs on `network_batch` rows, padded: another batch shape would change floats.
    """
    import numpy as np

    one_thread()
    device = next(model.parameters()).device
    size = model.config["size"]
    painted = np.empty((len(z), size, size, 3), np.uint8)
    for start in range(0, len(z), network_batch):
        end = min(start + network_batch, len(z))
        rows = torch.zeros(network_batch, Z_SIZE)
        which = torch.zeros(network_batch, dtype=torch.long)
        rows[: end - start] = torch.from_numpy(z[start:end])
        which[: end - start] = torch.as_tensor(labels[start:end])
        with torch.inference_mode():
            out = model(rows.to(device), which.to(device))[: end - start]
        levels = ((out + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu()
        painted[start:end] = levels.permute(0, 2, 3, 1).numpy()
    return painted
