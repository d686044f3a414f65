"""Redraw a clip by Stable Diffusion, frame by frame, without flicker."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthgen.contract import Effect, LabelContract
from synthgen.errors import ModelError, SourceError
from synthgen.generator import Generator, Progress, ordered
from synthgen.models import redraw_shape
from synthgen.models.resizing import resized
from synthgen.prompt import Prompt, load_prompt
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.clip import Clip
    from synthgen.models.redraw import Redrawer

Strength = Annotated[float, Field(gt=0, le=1)]
Guidance = Annotated[float, Field(ge=1, le=50)]
Channels = Annotated[int, Field(ge=16, le=1024, multiple_of=16)]
# CPU seconds of one x86-64 core at 2.5 GHz, for one 4x4 patch of one picture in one step of the default width.
SECONDS_PER_PATCH = 6e-5
FRAMES_LEARNT = 4
MOST_LEARNT = 20_000


class Img2Img(Generator):
    """The clip redrawn by a diffusion model that knows its class by a prompt: every frame from the same noise, and what
    it adds to the frames smoothed over time as far as a bound on flicker asks for it.

    Payload: a clip, size and frames kept, encoded again. Label: kept, the less surely the greater the strength.
    Source: Meng et al. 2022 (SDEdit), section 3; one noise for all frames as in Wu et al. 2023 (Tune-A-Video), section
    3.2.
    """

    modality: ClassVar[str] = "video"
    carries: ClassVar[frozenset[str]] = frozenset({"span"})

    model: str = "fit"
    """`fit` trains a small one on frames of the train split; else a diffusers folder, or a hub id as
    owner/name@commit."""
    prompt: str = "frame"
    strength_range: Annotated[tuple[Strength, Strength], AfterValidator(ordered)] = (0.2, 0.5)
    guidance_range: Annotated[tuple[Guidance, Guidance], AfterValidator(ordered)] = (1.0, 1.0)
    steps: Annotated[int, Field(ge=1, le=1000)] = 10
    scheduler: Literal["model", "ddim", "dpm++", "euler", "euler_ancestral", "lcm", "unipc"] = "model"
    size: Annotated[int, Field(ge=16, le=2048, multiple_of=8)] | None = None
    """Side in pixels at which the network works; 32 for `fit`, else what the model was trained for. What it changes is
    added to the frames in their own size."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    flicker: Annotated[float, Field(ge=1, le=100)] = 2.0
    """How many times as unsteady as its parent a clip may be."""
    most_frames: Annotated[int, Field(ge=1)] = 300
    """Longer clips make no sample: cut them first."""
    fit_steps: Annotated[int, Field(ge=1, le=1_000_000)] = 900
    fit_batch: Annotated[int, Field(ge=2, le=1024)] = 64
    fit_channels: tuple[Channels, Channels] = (48, 96)

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("redraw", *self.strength_range, free=(0.0, 0.7), unit="strength"),)

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"redraw": draw["strength"]}

    def prompts(self, labels: Iterable[str]) -> dict[str, Prompt]:
        return dict.fromkeys(labels, _prompt(self.prompt))

    @property
    def _is_guided(self) -> bool:
        return self.guidance_range[1] > 1

    def learns(self) -> dict[str, Any] | None:
        if self.model != "fit":
            return None
        settings = self.model_dump(mode="json", include={"fit_steps", "fit_batch", "fit_channels"})
        return {**settings, "size": self.size or 32, "prompt": _prompt(self.prompt).sha256}

    def cost(self, n_train: int) -> float:
        if self.model != "fit":
            return 0.0
        patches = ((self.size or 32) // 4) ** 2
        width = ((self.fit_channels[0] / 48) ** 2 + (self.fit_channels[1] / 96) ** 2) / 2
        return SECONDS_PER_PATCH * patches * self.fit_batch * self.fit_steps * width + 8

    def fit(
        self, train: Sequence[Sample], contract: LabelContract, folder: Path, seed: int, progress: Progress
    ) -> None:
        import numpy as np

        from synthgen.device import pick_device
        from synthgen.models import small_diffusion
        from synthgen.models.clip_features import shrunk

        train = [sample for sample in train if sample.label is not None]
        if not train:
            raise SourceError(
                "video/img2img needs labelled clips to learn from, but the train split has none."
            )
        train = train[:: -(-len(train) * FRAMES_LEARNT // MOST_LEARNT)]
        side = self.size or 32
        labels = [str(sample.label) for sample in train for _ in range(FRAMES_LEARNT)]
        lessons = small_diffusion.Lessons(
            np.concatenate([shrunk(sample.payload, side, FRAMES_LEARNT) for sample in train]),
            captions=[_prompt(self.prompt).fill(label) for label in labels], labels=labels,
            may_mirror=[False] * len(labels), shift_px=[0] * len(labels),
        )  # fmt: skip
        small_diffusion.train(
            lessons, folder, steps=self.fit_steps, batch=self.fit_batch, channels=self.fit_channels, seed=seed,
            device=pick_device(), progress=lambda done, total, loss: progress(done, total, f"loss {loss:.3f}"),
        )  # fmt: skip

    def given_model(self) -> Path | None:
        if self.model == "fit":
            return None
        from synthgen.models import pipelines

        folder = pipelines.fetch(self.model)
        pipelines.check_folder(folder)
        return folder

    def compute(self, device: str) -> dict[str, Any]:
        return {
            "device": device,
            "network_batch": redraw_shape.lanes(device, self.size),
            "dtype": redraw_shape.dtype(self.dtype, device),
            "size": self.size,
            "scheduler": self.scheduler,
            "guided": self._is_guided,
        }

    def load(self, folder: Path | None, device: str) -> Redrawer:
        from synthgen.models import pipelines
        from synthgen.models.redraw import Redrawer

        if folder is None:
            raise ModelError("video/img2img was given no model folder to load.")
        dtype = redraw_shape.dtype(self.dtype, device)
        pipeline = pipelines.open_img2img(folder, device, dtype, self.scheduler)
        size = self.size or redraw_shape.own_size(folder)
        return Redrawer(pipeline, size, redraw_shape.lanes(device, self.size), guided=self._is_guided)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        # The small model learned no words but those of the classes.
        negative = "" if self.model == "fit" else _prompt(self.prompt).negative
        return {
            "strength": float(rng.uniform(*job.bounds.get("redraw", self.strength_range))),
            "guidance": float(rng.uniform(*self.guidance_range)),
            "prompt": _prompt(self.prompt).fill(job.label),
            "negative": negative,
            "noise_seed": int(rng.integers(2**53)),
        }

    def make(self, batch: Sequence[Work], model: Redrawer) -> list[Made | Failed]:
        return [self._made(work, model) for work in batch]

    def _made(self, work: Work, model: Redrawer) -> Made | Failed:
        import numpy as np

        from synthgen.models.clip_features import shrunk
        from synthgen.models.clip_frames import encoded, walk
        from synthgen.models.clip_steadying import steadied
        from synthgen.models.redraw import Task

        parent, draw = work.parents[0], work.draw
        clip: Clip = parent.payload
        if clip.frames > self.most_frames:
            return Failed(
                f"it has {clip.frames} frames, more than most_frames = {self.most_frames}: cut it first"
            )
        steps = max(self.steps, math.ceil(1 / draw["strength"]))
        told = draw["prompt"], draw["negative"], steps, max(1, int(steps * draw["strength"]))
        source = shrunk(clip, model.size)
        pictures = model([Task(frame, *told, draw["guidance"], draw["noise_seed"]) for frame in source])
        if any(picture is None for picture in pictures):
            return Failed('the model gave something that is no number; try dtype = "float32"')
        made = steadied(
            source, np.stack([picture for picture in pictures if picture is not None]), self.flicker
        )
        if made is None:
            return Failed(
                f"it flickers more than {self.flicker:g} times as much as its parent, however smoothed"
            )
        added = made.astype(np.float32) - source
        frames = (
            np.clip(np.rint(frame + resized(added[i], *frame.shape[:2])), 0, 255).astype(np.uint8)
            for i, frame in walk(clip, 0, clip.frames - 1)
        )
        return Made(encoded(frames, clip.rate), None, parent.annotations)


@cache
def _prompt(name: str) -> Prompt:
    return load_prompt("video", name)


PLUGIN = Img2Img
