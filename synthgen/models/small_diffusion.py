"""A small Stable Diffusion, trained from nothing on a few hundred pictures in minutes on one core."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from synthgen import seeds
from synthgen.errors import ModelError
from synthgen.models.patch_vae import PATCH, PatchVAE, fit_linear, fit_refinement
from synthgen.models.pipelines import quiet
from synthgen.models.small_tokenizer import train_tokenizer

if TYPE_CHECKING:
    import numpy as np

NOISE_LEVELS = 1000
TEXT_WIDTH = 64
LATENT_CHANNELS = 12
DROPPED_PROMPTS_SHARE = 0.12  # so that the model also learns to do without: guidance needs both
MIN_SNR = 5.0
REFINE_STEPS = 150
MOST_VALUES = 8_000_000  # of pictures that the VAE is fitted to: 2,600 of 32x32
WARM_UP_STEPS = 40
PEAK_RATE = 3e-3

Progress = Callable[[int, int, float], None]


class Parts(NamedTuple):
    """The networks of one pipeline."""

    vae: PatchVAE
    tokenizer: Any
    text_encoder: Any
    unet: Any


@dataclass(frozen=True, slots=True)
class Lessons:
    """What there is to learn from: pictures, uint8 (n, side, side, 3), and for each the words and the freedom it has.

    Half of each batch is drawn alike from all values of `labels`.
    """

    pictures: np.ndarray[Any, np.dtype[np.uint8]]
    captions: Sequence[str]
    labels: Sequence[str]
    may_mirror: Sequence[bool]
    shift_px: Sequence[int]
    clean: Tensor = field(init=False)  # the same as (n, 3, side, side)

    def __post_init__(self) -> None:
        count, side = len(self.pictures), self.pictures.shape[1]
        if not count or side != self.pictures.shape[2] or side % (2 * PATCH):
            raise ModelError(
                f"a small diffusion model learns from square pictures with sides divisible by {2 * PATCH}, "
                f"but got an array of shape {self.pictures.shape}."
            )
        if {len(self.captions), len(self.labels), len(self.may_mirror), len(self.shift_px)} != {count}:
            raise ModelError(f"each of the {count} pictures needs one caption, label, mirror and shift.")
        clean = torch.from_numpy(self.pictures).permute(0, 3, 1, 2).contiguous()
        object.__setattr__(self, "clean", clean)


def train(
    lessons: Lessons,
    folder: Path,
    *,
    steps: int = 900,
    batch: int = 64,
    channels: tuple[int, int] = (48, 96),
    seed: int = 0,
    device: str = "cpu",
    progress: Progress | None = None,
) -> None:
    """Write a Stable Diffusion img2img pipeline that knows the pictures and their captions to `folder`.

    The same input gives the same bytes on the same kind of device and with one thread.
    Source: Rombach et al. 2022 (latent diffusion); Salimans and Ho 2022 (v-prediction); Hang et al. 2023 (min-SNR).
    """
    quiet()
    rng = seeds.torch_rng("small_diffusion", seed)
    with seeds.torch_init("small_diffusion", seed):
        parts = _build(sorted(set(lessons.captions)), lessons.clean.shape[-1] // PATCH, channels)
    some = _numbers(lessons.clean[:: -(-lessons.clean.numel() // MOST_VALUES)])
    fit_linear(parts.vae, some)
    fit_refinement(parts.vae, some, rng, min(REFINE_STEPS, steps))
    averaged = _fit_denoiser(parts, _Batches(parts.vae, lessons, batch, rng), steps, progress, device)
    _pipeline(averaged).save_pretrained(folder, safe_serialization=True)


def _numbers(pictures: Tensor) -> Tensor:
    return pictures.float() / 127.5 - 1


def _build(captions: Sequence[str], side: int, channels: tuple[int, int]) -> Parts:
    from diffusers import UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    tokenizer = train_tokenizer(captions)
    text = CLIPTextConfig(
        vocab_size=len(tokenizer), max_position_embeddings=tokenizer.model_max_length,
        hidden_size=TEXT_WIDTH, intermediate_size=2 * TEXT_WIDTH, projection_dim=TEXT_WIDTH,
        num_hidden_layers=1, num_attention_heads=4, bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    unet = UNet2DConditionModel(
        sample_size=side, in_channels=LATENT_CHANNELS, out_channels=LATENT_CHANNELS,
        block_out_channels=channels, layers_per_block=1, norm_num_groups=16,
        # Attention on the coarse level only: on both, a step costs twice as much and learns no faster.
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=TEXT_WIDTH, attention_head_dim=4,
    )  # fmt: skip
    unet.to(memory_format=torch.channels_last)
    return Parts(PatchVAE(LATENT_CHANNELS), tokenizer, CLIPTextModel(text), unet)


class _Batches:
    """Random latents with their captions, as places in `texts`."""

    def __init__(self, vae: PatchVAE, lessons: Lessons, batch: int, rng: torch.Generator) -> None:
        self.vae, self.clean, self.batch, self.rng = vae, lessons.clean, batch, rng
        self.texts = [*sorted(set(lessons.captions)), ""]
        place = {text: i for i, text in enumerate(self.texts)}
        self.said = torch.tensor([place[caption] for caption in lessons.captions])
        self.may_mirror = torch.tensor(list(lessons.may_mirror))
        self.shift_px = torch.tensor(list(lessons.shift_px))
        classes = {name: i for i, name in enumerate(sorted(set(lessons.labels)))}
        label = torch.tensor([classes[name] for name in lessons.labels])
        alike = 1 / torch.bincount(label).float()[label]
        self.weights = 0.5 * alike / alike.sum() + 0.5 / len(label)

    def next(self) -> tuple[Tensor, Tensor]:
        """Latents (batch, c, h, w) and texts (batch,)."""
        chosen = torch.multinomial(self.weights, self.batch, replacement=True, generator=self.rng)
        mirrored = self.may_mirror[chosen] & (torch.rand(self.batch, generator=self.rng) < 0.5)
        pictures = _numbers(self.clean[chosen])
        pictures = torch.where(mirrored[:, None, None, None], pictures.flip(3), pictures)
        if reach := int(self.shift_px.max()):
            side, wide = pictures.shape[-1], F.pad(pictures, (reach,) * 4, mode="replicate")
            ways = 2 * torch.rand(self.batch, 2, generator=self.rng) - 1
            moves = (reach + (ways * (self.shift_px[chosen, None] + 0.5)).round()).long().clamp(0, 2 * reach)
            shifted = [wide[i, :, y : y + side, x : x + side] for i, (y, x) in enumerate(moves.tolist())]
            pictures = torch.stack(shifted)
        dropped = torch.rand(self.batch, generator=self.rng) < DROPPED_PROMPTS_SHARE
        with torch.no_grad():
            latents = self.vae.encode(pictures).latent_dist.mode() * self.vae.config.scaling_factor
        return latents, self.said[chosen].masked_fill(dropped, len(self.texts) - 1)


def _fit_denoiser(
    parts: Parts, batches: _Batches, steps: int, progress: Progress | None, device: str
) -> Parts:
    from accelerate import Accelerator

    on_gpu = device.startswith("cuda")
    accelerator = Accelerator(cpu=not on_gpu, mixed_precision="bf16" if on_gpu else "no")
    mean = Parts(parts.vae, parts.tokenizer, deepcopy(parts.text_encoder), deepcopy(parts.unet))
    parameters = [*parts.unet.parameters(), *parts.text_encoder.parameters()]
    optimizer = torch.optim.AdamW(parameters, PEAK_RATE, weight_decay=0.01, betas=(0.9, 0.99), fused=True)
    unet, text_encoder, optimizer = accelerator.prepare(parts.unet, parts.text_encoder, optimizer)
    means = [*mean.unet.to(accelerator.device).parameters()]
    means += mean.text_encoder.to(accelerator.device).parameters()
    tokens = parts.tokenizer(
        batches.texts, padding="max_length", truncation=True, return_tensors="pt"
    ).input_ids.to(accelerator.device)
    for step in range(steps):
        cooled = 0.05 + 0.95 * math.cos(math.pi / 2 * step / steps) ** 2
        for group in optimizer.param_groups:
            group["lr"] = PEAK_RATE * min(1.0, (step + 1) / WARM_UP_STEPS) * cooled
        loss = _loss(unet, text_encoder, tokens, batches)
        optimizer.zero_grad()
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        with torch.no_grad():
            torch._foreach_lerp_(means, parameters, 1 - min(0.99, (1 + step) / (10 + step)))
        if progress:
            progress(step + 1, steps, float(loss.detach()))
    return Parts(mean.vae, mean.tokenizer, mean.text_encoder.cpu(), mean.unet.cpu())


def _loss(unet: Any, text_encoder: Any, tokens: Tensor, batches: _Batches) -> Tensor:
    latents, texts = batches.next()
    levels = torch.randint(NOISE_LEVELS, (len(latents),), generator=batches.rng)
    noise = torch.randn(latents.shape, generator=batches.rng)
    schedule = _schedule()
    noisy, velocity = (
        schedule.add_noise(latents, noise, levels),
        schedule.get_velocity(latents, noise, levels),
    )
    signal = schedule.alphas_cumprod[levels]
    ratio = signal / (1 - signal)
    weight = ratio.clamp(max=MIN_SNR) / (ratio + 1)
    used, places = texts.unique(return_inverse=True)
    words = text_encoder(tokens[used.to(tokens.device)]).last_hidden_state[places.to(tokens.device)]
    noisy, velocity, levels, weight = (v.to(tokens.device) for v in (noisy, velocity, levels, weight))
    guess = unet(noisy, levels, encoder_hidden_states=words, return_dict=False)[0]
    return (weight * (guess.float() - velocity).pow(2).mean((1, 2, 3))).mean()


@cache
def _schedule() -> Any:
    from diffusers import DDPMScheduler

    return DDPMScheduler(
        NOISE_LEVELS, beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction",
        clip_sample=False, steps_offset=1,
    )  # fmt: skip


def _pipeline(parts: Parts) -> Any:
    from diffusers import DPMSolverMultistepScheduler, StableDiffusionImg2ImgPipeline

    return StableDiffusionImg2ImgPipeline(
        vae=parts.vae, text_encoder=parts.text_encoder, tokenizer=parts.tokenizer, unet=parts.unet,
        scheduler=DPMSolverMultistepScheduler.from_config(_schedule().config),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
