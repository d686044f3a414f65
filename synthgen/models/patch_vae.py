"""A small VAE for diffusion on the latents of 4x4 patches, fitted to pictures in seconds."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from diffusers import ConfigMixin, ModelMixin
from diffusers.configuration_utils import register_to_config
from torch import Tensor, nn

PATCH = 4
FLOOR = 0.1  # of the pixel range, in all values of a patch together: less is not seen
NOISE = 0.15  # of a latent's spread: about what a small network leaves in its samples


class Latents(NamedTuple):
    """What `encode` answers, as a pipeline reads it."""

    latent_dist: Point


class Point:
    """A distribution of one value: nothing is drawn, so the same picture has the same latents."""

    def __init__(self, value: Tensor) -> None:
        self.value = value

    def sample(self, generator: object = None) -> Tensor:
        """The value."""
        return self.value

    def mode(self) -> Tensor:
        """The value."""
        return self.value


class PatchVAE(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """Latents of one vector a 4x4 patch; a decoder that looks at the neighbouring patches too.

    Payload: float (n, 3, h, w) in [-1, 1], sides divisible by 4; latents (n, latent_channels, h/4, w/4).
    The encoder is the principal components of patches. The decoder is fitted on latents with noise, and
    overlaps: decoding each patch alone leaves specks where patches meet. Two convolutions mend the rest.
    """

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        latent_channels: int = 12,
        width: int = 24,
        scaling_factor: float = 1.0,
        block_out_channels: tuple[int, ...] = (1, 1, 1),  # pipelines read the patch side off its length
        force_upcast: bool = False,
    ) -> None:
        super().__init__()
        values = 3 * PATCH * PATCH
        self.encoder = nn.Conv2d(3, latent_channels, PATCH, stride=PATCH)
        self.overlap = nn.Conv2d(latent_channels, values, 3)
        self.refine = nn.Sequential(
            nn.Conv2d(3, width, 3),
            nn.SiLU(),
            nn.Conv2d(width, width, 3),
            nn.SiLU(),
            nn.Conv2d(width, 3, 3),
        )
        nn.init.zeros_(self.refine[-1].weight)
        nn.init.zeros_(self.refine[-1].bias)

    def encode(self, pictures: Tensor, return_dict: bool = True) -> Latents:
        """Latents of pictures, without noise."""
        return Latents(Point(self.encoder(pictures)))

    def decode(self, latents: Tensor, return_dict: bool = False, generator: object = None) -> tuple[Tensor]:
        """Pictures of latents."""
        coarse = F.pixel_shuffle(self.overlap(F.pad(latents, (1, 1, 1, 1), mode="replicate")), PATCH)
        return (coarse + self.refine(F.pad(coarse, (3, 3, 3, 3), mode="replicate")),)


@torch.no_grad()  # type: ignore[untyped-decorator]
def fit_linear(vae: PatchVAE, pictures: Tensor) -> None:
    """Set the encoder and the overlapping decoder to their closed-form optimum for the pictures."""
    count = vae.config.latent_channels
    patches = F.pixel_unshuffle(pictures, PATCH).permute(0, 2, 3, 1).reshape(-1, 3 * PATCH * PATCH)
    mean = patches.mean(0)
    variances, axes = torch.linalg.eigh(torch.cov(patches.T).double())
    variances, axes = variances.flip(0)[:count].float(), axes.flip(1)[:, :count].float()
    # Between no scaling (noise drowns details early) and whitening (what nobody sees counts as much as shape).
    weight = axes.T * (variances + FLOOR**2).pow(-0.25)[:, None]
    weight /= ((patches - mean) @ weight.T).std()
    vae.encoder.weight.copy_(weight.view_as(vae.encoder.weight))
    vae.encoder.bias.copy_(-weight @ mean)
    latents = vae.encoder(pictures)
    around = F.unfold(F.pad(latents, (1, 1, 1, 1), mode="replicate"), 3).transpose(1, 2)
    around = around.reshape(-1, 9 * count)
    inputs = torch.cat([around, torch.ones(len(around), 1)], 1).double()
    gram = inputs.T @ inputs
    # The expected Gram matrix under latent noise: what a sampled latent gets wrong must not be copied out.
    gram.diagonal()[:-1] += NOISE**2 * len(inputs)
    solution = torch.linalg.solve(gram, inputs.T @ patches.double()).float()
    vae.overlap.weight.copy_(solution[:-1].T.reshape_as(vae.overlap.weight))
    vae.overlap.bias.copy_(solution[-1])


def fit_refinement(
    vae: PatchVAE, pictures: Tensor, rng: torch.Generator, steps: int, batch: int = 32
) -> float:
    """Train the last convolutions to give clean pictures from noisy latents; the last loss."""
    optimizer = torch.optim.AdamW(vae.refine.parameters(), lr=2e-3, weight_decay=0.0)
    loss = torch.zeros(())
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * min(1.0, (step + 1) / 20) * (1 - step / steps)
        clean = pictures[torch.randint(len(pictures), (batch,), generator=rng)]
        with torch.no_grad():
            latents = vae.encoder(clean)
            spread = 2 * NOISE * torch.rand(batch, 1, 1, 1, generator=rng)
            latents = latents + spread * torch.randn(latents.shape, generator=rng)
        loss = F.smooth_l1_loss(vae.decode(latents)[0].clamp(-1, 1), clean, beta=0.1)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return float(loss.detach())
