"""Image-to-image diffusion for single pictures that run together, none the wiser."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from synthgen import seeds

if TYPE_CHECKING:
    import numpy as np

KEPT_LATENTS = 512


class Task(NamedTuple):
    """One picture of the network's size to redraw. It starts at step `steps - taken` of `steps`, from its own noise."""

    picture: np.ndarray[Any, np.dtype[np.uint8]]
    prompt: str
    negative: str
    steps: int
    taken: int
    guidance: float
    noise_seed: int


class Words(NamedTuple):
    """What a prompt and its opposite are to the network; SDXL also has them as one vector each."""

    prompt: Tensor
    negative: Tensor | None
    pooled: Tensor | None = None
    negative_pooled: Tensor | None = None


class Redrawer:
    """Runs an img2img pipeline's own parts on `lanes` pictures at a time, always.

    Fewer pictures are padded: the shape of a batch changes floats, and so pictures. A picture depends on its task
    alone. As in the pipeline, but with one guidance and one noise a picture, and prompts and sources encoded once.
    """

    def __init__(self, pipeline: Any, size: int, lanes: int, *, guided: bool) -> None:
        self.pipeline, self.size, self.lanes = pipeline, size, lanes
        self.device, self.dtype = pipeline.unet.device, pipeline.unet.dtype
        self.distilled = pipeline.unet.config.time_cond_proj_dim is not None  # takes guidance as an input
        self.guided = guided and not self.distilled
        self.is_xl = hasattr(pipeline, "text_encoder_2")
        # A decoder needs many times the memory of the latents.
        self.vae_lanes = min(lanes, 16 if size <= 128 else 4)
        self._words: dict[tuple[str, str], Words] = {}
        self._latents: OrderedDict[str, Tensor] = OrderedDict()

    @torch.inference_mode()  # type: ignore[untyped-decorator]
    def __call__(self, tasks: Sequence[Task]) -> list[np.ndarray[Any, np.dtype[np.uint8]] | None]:
        """The new pictures, in order; None where the network gave something that is no number."""
        made: list[np.ndarray[Any, np.dtype[np.uint8]] | None] = [None] * len(tasks)
        ways: dict[tuple[int, int], list[int]] = {}
        for place, task in enumerate(tasks):
            ways.setdefault((task.steps, task.taken), []).append(place)
        for way in sorted(ways):
            for start in range(0, len(ways[way]), self.lanes):
                places = ways[way][start : start + self.lanes]
                pictures = self._decoded(self._denoised([tasks[i] for i in places], *way))
                for place, picture in zip(places, pictures, strict=False):
                    made[place] = picture
        return made

    def _denoised(self, tasks: list[Task], steps: int, taken: int) -> Tensor:
        scheduler, unet = self.pipeline.scheduler, self.pipeline.unet
        tasks = tasks + [tasks[-1]] * (self.lanes - len(tasks))
        generators = [seeds.torch_rng("redraw", task.noise_seed) for task in tasks]
        scheduler.set_timesteps(steps, device=self.device)
        begin = (steps - taken) * scheduler.order
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(begin)
        timesteps = scheduler.timesteps[begin:]
        sources = torch.cat([self._source(task.picture) for task in tasks])
        noise = torch.cat([torch.randn(sources[:1].shape, generator=one) for one in generators]).to(sources)
        latents = scheduler.add_noise(sources, noise, timesteps[:1].repeat(self.lanes))
        inputs = self._conditions(tasks)
        guidance = torch.tensor([task.guidance for task in tasks], device=self.device, dtype=self.dtype)
        guidance = guidance[:, None, None, None]
        extra = self.pipeline.prepare_extra_step_kwargs(generators, 0.0)
        for level in timesteps:
            shown = torch.cat([latents] * 2) if self.guided else latents
            guess = unet(scheduler.scale_model_input(shown, level), level, **inputs, return_dict=False)[0]
            if self.guided:
                without, with_prompt = guess.chunk(2)
                guess = without + guidance * (with_prompt - without)
            latents = scheduler.step(guess, level, latents, **extra, return_dict=False)[0].to(self.dtype)
        return latents

    def _conditions(self, tasks: list[Task]) -> dict[str, Any]:
        words = [self._encoded(task.prompt, task.negative) for task in tasks]
        both = [w.negative for w in words] * self.guided + [w.prompt for w in words]
        inputs: dict[str, Any] = {"encoder_hidden_states": torch.cat(both)}
        if self.distilled:
            scales = torch.tensor([task.guidance - 1 for task in tasks], device=self.device)
            inputs["timestep_cond"] = self.pipeline.get_guidance_scale_embedding(
                scales, embedding_dim=self.pipeline.unet.config.time_cond_proj_dim
            ).to(self.device, self.dtype)
        if self.is_xl:
            pooled = [w.negative_pooled for w in words] * self.guided + [w.pooled for w in words]
            inputs["added_cond_kwargs"] = {"text_embeds": torch.cat(pooled), "time_ids": self._sizes()}
        return inputs

    def _sizes(self) -> Tensor:
        """What SDXL is told of the picture: that it is whole, of this size, and beautiful."""
        side = (self.size, self.size)
        wanted, unwanted = self.pipeline._get_add_time_ids(
            side, (0, 0), side, 6.0, 2.5, side, (0, 0), side, dtype=self.dtype,
            text_encoder_projection_dim=self.pipeline.text_encoder_2.config.projection_dim,
        )  # fmt: skip
        rows = [unwanted] * (self.lanes * self.guided) + [wanted] * self.lanes
        return torch.cat(rows).to(self.device)

    def _encoded(self, prompt: str, negative: str) -> Words:
        if (key := (prompt, negative)) not in self._words:
            answer = self.pipeline.encode_prompt(
                prompt=prompt, negative_prompt=negative or None, device=self.device,
                num_images_per_prompt=1, do_classifier_free_guidance=self.guided,
            )  # fmt: skip
            self._words[key] = Words(*answer)
        return self._words[key]

    def _source(self, picture: np.ndarray[Any, np.dtype[np.uint8]]) -> Tensor:
        key = sha256(picture.tobytes()).hexdigest()
        if key not in self._latents:
            vae = self.pipeline.vae
            pixels = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
            latents = vae.encode(pixels.to(self.device, vae.dtype)).latent_dist.mode()
            self._latents[key] = (latents * vae.config.scaling_factor).to(self.dtype)
            while len(self._latents) > KEPT_LATENTS:
                self._latents.popitem(last=False)
        self._latents.move_to_end(key)
        return self._latents[key]

    def _decoded(self, latents: Tensor) -> list[np.ndarray[Any, np.dtype[np.uint8]] | None]:
        vae, pictures = self.pipeline.vae, []
        for start in range(0, self.lanes, self.vae_lanes):
            part = latents[start : start + self.vae_lanes].to(vae.dtype) / vae.config.scaling_factor
            pictures.append(vae.decode(part, return_dict=False)[0].float())
        pixels = torch.cat(pictures)
        whole = pixels.isfinite().flatten(1).all(1).tolist()
        values = (
            ((pixels.clamp(-1, 1) + 1) * 127.5).round().nan_to_num().to(torch.uint8).permute(0, 2, 3, 1).cpu()
        )
        return [values[i].numpy() if whole[i] else None for i in range(self.lanes)]
