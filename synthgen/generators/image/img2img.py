"""Redraw pictures by Stable Diffusion, with weights from the hub, from a folder, or trained here."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from synthgen.contract import Effect, LabelContract, Route
from synthgen.errors import ModelError, SourceError
from synthgen.generator import Generator, Interval, Progress, ordered
from synthgen.models import redraw_shape
from synthgen.models.resizing import resized
from synthgen.prompt import Prompt, load_prompt
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.redraw import Redrawer, Task

# Must equal what models.pipelines offers; written out so that reading a recipe imports no model.
Scheduler = Literal["model", "ddim", "dpm++", "euler", "euler_ancestral", "lcm", "unipc"]
Strength = Annotated[float, Field(gt=0, le=1)]
StrengthInterval = Annotated[tuple[Strength, Strength], AfterValidator(ordered)]
Guidance = Annotated[float, Field(ge=1, le=50)]
GuidanceInterval = Annotated[tuple[Guidance, Guidance], AfterValidator(ordered)]
Channels = Annotated[int, Field(ge=16, le=1024, multiple_of=16)]
Dtype = Literal["auto", "float32", "bfloat16", "float16"]

# CPU seconds of one x86-64 core at 2.5 GHz, for one 4x4 patch of one picture in one step of the default width.
SECONDS_PER_PATCH = 6e-5
MOST_PICTURES = 20_000


class Img2Img(Generator):
    """The picture redrawn by a diffusion model that knows its class by a prompt.

    Payload: uint8 (h, w, 3), size kept. Label: kept, the less surely the greater the strength.
    Of `steps` noise levels a picture passes the last `steps x strength`, at least one. With `recast`, and a rule such
    as `[contract.label.paper] recast = { relabel = "trash" }`, pictures of a common class are redrawn by the prompt
    of a rare one, and are samples of that.
    Source: Meng et al. 2022 (SDEdit), section 3; Rombach et al. 2022 (latent diffusion).
    """

    modality: ClassVar[str] = "image"

    model: str = "fit"
    """`fit` trains a small one on the train split; else a diffusers folder, or a hub id as owner/name@commit."""
    prompt: str = "photo"
    strength_range: StrengthInterval = (0.3, 0.7)
    guidance_range: GuidanceInterval = (1.0, 1.0)
    """Above 1 the prompt weighs more, and each picture costs twice as much."""
    steps: Annotated[int, Field(ge=1, le=1000)] = 10
    scheduler: Scheduler = "model"
    size: Annotated[int, Field(ge=16, le=2048, multiple_of=8)] | None = None
    """Side in pixels at which the network works; 32 for `fit`, else what the model was trained for."""
    dtype: Dtype = "auto"
    batch_size: Annotated[int, Field(ge=1)] = 256
    """How many are made at once; the network's own batches have one shape whatever it is, so few leave it idle."""
    fit_steps: Annotated[int, Field(ge=1, le=1_000_000)] = 900
    fit_batch: Annotated[int, Field(ge=2, le=1024)] = 64
    fit_channels: tuple[Channels, Channels] = (48, 96)
    shift_range: Interval = (-0.06, 0.06)
    """How far training pictures are moved, and whether they are mirrored, inside the label contract."""
    mirror: bool = True
    recast: bool = False
    """Whether it may redraw pictures of one class as another, where the label contract says of which as which."""

    def effects(self) -> tuple[Effect, ...]:
        redraw = Effect("redraw", *self.strength_range, free=(0.0, 0.7), unit="strength")
        return redraw, Effect.on_off("recast", self.recast)

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"redraw": draw["strength"], "recast": float(draw["recast"])}

    def prompts(self, labels: Iterable[str]) -> dict[str, Prompt]:
        return dict.fromkeys(labels, self._prompt)

    @property
    def _is_guided(self) -> bool:
        return self.guidance_range[1] > 1

    @property
    def _prompt(self) -> Prompt:
        return _prompt(self.prompt)

    def learns(self) -> dict[str, Any] | None:
        if self.model != "fit":
            return None
        kept = {"fit_steps", "fit_batch", "fit_channels", "shift_range", "mirror"}
        settings = self.model_dump(mode="json", include=kept)
        return {**settings, "size": self.size or 32, "prompt": self._prompt.sha256}

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

        train = [sample for sample in train if sample.label is not None]
        if not train:
            raise SourceError(
                "image/img2img needs labelled pictures to learn from, but the train split has none."
            )
        train = train[:: -(-len(train) // MOST_PICTURES)]
        side = self.size or 32
        labels = [str(sample.label) for sample in train]
        freedom = {label: self._freedom(contract, label, side) for label in set(labels)}
        lessons = small_diffusion.Lessons(
            np.stack([resized(sample.payload, side, side) for sample in train]),
            captions=[self._prompt.fill(label) for label in labels], labels=labels,
            may_mirror=[freedom[label][0] for label in labels],
            shift_px=[freedom[label][1] for label in labels],
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
        # All that `load` depends on: a model that is loaded once serves every entry with the same.
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
            raise ModelError("image/img2img was given no model folder to load.")
        pipeline = pipelines.open_img2img(
            folder, device, redraw_shape.dtype(self.dtype, device), self.scheduler
        )
        size = self.size or redraw_shape.own_size(folder)
        return Redrawer(pipeline, size, redraw_shape.lanes(device, self.size), guided=self._is_guided)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        strength = float(rng.uniform(*job.bounds.get("redraw", self.strength_range)))
        # The small model learned no words but those of the classes.
        negative = "" if self.model == "fit" else self._prompt.negative
        return {
            "strength": strength,
            "recast": job.bounds.get("recast", (0.0, 0.0))[0] == 1,
            "guidance": float(rng.uniform(*self.guidance_range)),
            "prompt": self._prompt.fill(job.label),
            "negative": negative,
            "noise_seed": int(rng.integers(2**53)),
        }

    def make(self, batch: Sequence[Work], model: Redrawer) -> list[Made | Failed]:
        made: list[Made | Failed] = []
        for start in range(0, len(batch), self.batch_size):
            some = batch[start : start + self.batch_size]
            pictures = model([self._task(work, model.size) for work in some])
            for work, picture in zip(some, pictures, strict=True):
                height, width = work.parents[0].payload.shape[:2]
                made.append(
                    Failed('the model gave something that is no number; try dtype = "float32"')
                    if picture is None
                    else Made(resized(picture, height, width))
                )
        return made

    def _task(self, work: Work, size: int) -> Task:
        from synthgen.models.redraw import Task

        draw = work.draw
        # A model of few steps gets as many as it needs for one to be left.
        steps = max(self.steps, math.ceil(1 / draw["strength"]))
        return Task(
            resized(work.parents[0].payload, size, size), draw["prompt"], draw["negative"],
            steps, max(1, int(steps * draw["strength"])), draw["guidance"], draw["noise_seed"],
        )  # fmt: skip

    def _freedom(self, contract: LabelContract, label: str, side: int) -> tuple[bool, int]:
        """Whether training pictures of a class may be mirrored, and by how many pixels moved, its label kept."""
        shift = Effect("shift", *self.shift_range, free=(-0.2, 0.2))
        mirror = Effect.on_off("mirror", self.mirror)
        routes = contract.routes((shift, mirror), label, ())
        if not isinstance(routes, list):
            return False, 0
        bounds = next(route.bounds for route in routes if isinstance(route, Route))
        return bounds["mirror"][1] > 0, int(min(-bounds["shift"][0], bounds["shift"][1]) * side + 0.5)


@cache
def _prompt(name: str) -> Prompt:
    return load_prompt("image", name)


PLUGIN = Img2Img
