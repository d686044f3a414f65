"""Other pictures of a parent's class, by variations that are learned from pairs of pictures of all classes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import Field

from synthgen.contract import Effect, LabelContract
from synthgen.errors import ModelError, SourceError
from synthgen.generator import Generator, Interval, Progress, RatioInterval, Share, ShareInterval
from synthgen.models.resizing import resized
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.variator import Most, Variator

NETWORK_BATCH = 32
EFFECTS = ("turn", "shift", "resize", "brightness", "hue")
MOST_HUE = 15.0
MOST_PICTURES = 20_000
MOST_PIXELS = 80_000_000  # at 3 bytes each
# CPU seconds of one x86-64 core at 2.5 GHz, for one picture of 32x32 in one step.
SECONDS_PER_PICTURE = 2.2e-3


class Variation(Generator):
    """The picture as another of its class might look, by what `fit` saw to differ between pictures of one class.

    Payload: uint8 (h, w, 3), size kept. Label: kept.
    One network learns from all classes, so that a rare parent inherits what common ones show. It shifts, turns and
    bends the picture itself, lights it anew and paints some of it; `vary` is the share of all this that is done. The
    contract's bounds on turn, shift, resize, brightness and hue cut off what the network would do beyond them; single
    parts are bent by up to 0.15 of the side more.
    Source: Antoniou et al. 2017 (DAGAN), section 3; Huang et al. 2024 (R3GAN), section 2.
    """

    modality: ClassVar[str] = "image"

    model: str = "fit"
    """`fit` trains one on the train split; else the folder of one that was trained before."""
    strength_range: ShareInterval = (0.4, 1.0)
    size: Annotated[int, Field(ge=16, le=256, multiple_of=16)] = 48
    """Side in pixels at which the network sees pictures; what it says is done to them at their own size."""
    fit_steps: Annotated[int, Field(ge=1, le=1_000_000)] = 600
    fit_batch: Annotated[int, Field(ge=2, le=1024)] = 24
    balanced_share: Share = 0.5
    """Of the pairs, drawn with each class as often; the others as often as pictures are there."""
    turn_range: Interval = (-8.0, 8.0)
    """How far training pictures are varied, with the next two, inside the label contract."""
    shift_range: Interval = (-0.04, 0.04)
    resize_range: RatioInterval = (0.92, 1.08)

    def effects(self) -> tuple[Effect, ...]:
        size, light = math.exp(0.28), math.exp(0.6)
        return (
            Effect("vary", *self.strength_range, unit="of what was learned"),
            Effect("turn", -15, 15, free=(-15, 15), unit="degrees"),
            Effect("shift", -0.15, 0.15, free=(-0.2, 0.2), unit="of the side"),
            Effect("resize", 1 / size, size, neutral=1, free=(0.75, 4 / 3), unit="times"),
            Effect("brightness", 1 / light, light, neutral=1, free=(0.5, 2), unit="times"),
            Effect("hue", -MOST_HUE, MOST_HUE, free=(-15, 15), unit="degrees"),
        )

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"vary": draw["vary"], **{name: bounds[1] for name, bounds in draw["most"].items()}}

    def learns(self) -> dict[str, Any] | None:
        if self.model != "fit":
            return None
        return self.model_dump(mode="json", exclude={"model", "strength_range"})

    def cost(self, n_train: int) -> float:
        if self.model != "fit":
            return 0.0
        return SECONDS_PER_PICTURE * (self.size / 32) ** 2 * self.fit_batch * self.fit_steps + 3

    def fit(
        self, train: Sequence[Sample], contract: LabelContract, folder: Path, seed: int, progress: Progress
    ) -> None:
        import numpy as np

        from synthgen.models import variation_gan
        from synthgen.models.gan_draws import Vary, fair_part

        train = [sample for sample in train if sample.label is not None]
        if max(Counter(sample.label for sample in train).values(), default=0) < 2:
            raise SourceError(
                "image/variation learns how pictures of one class differ, but no class of the train split has two "
                "labelled pictures. Add some, or use image/affine and image/recolour."
            )
        train = fair_part(train, min(MOST_PICTURES, MOST_PIXELS // self.size**2))
        classes = sorted({str(sample.label) for sample in train})
        asked = Vary(self.turn_range, self.shift_range, self.resize_range)
        variation_gan.train(
            np.stack([resized(sample.payload, self.size, self.size) for sample in train]),
            [classes.index(str(sample.label)) for sample in train], folder,
            vary=[Vary.inside(contract, label, asked) for label in classes],
            size=self.size, steps=self.fit_steps, batch=self.fit_batch, balanced_share=self.balanced_share,
            seed=seed, progress=lambda done, total, loss: progress(done, total, f"loss {loss:.3f}"),
        )  # fmt: skip

    def given_model(self) -> Path | None:
        if self.model == "fit":
            return None
        folder = Path(self.model).expanduser()
        if not folder.is_dir():
            raise ModelError(
                f'image/variation: {self.model!r} is no folder. Name one, or write model = "fit".'
            )
        return folder

    def compute(self, device: str) -> dict[str, Any]:
        return {"device": device, "network_batch": NETWORK_BATCH}

    def load(self, folder: Path | None, device: str) -> Variator:
        from synthgen.models import variator

        if folder is None:
            raise ModelError("image/variation was given no model folder to load.")
        return variator.load(folder, device)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        most = {}
        for effect in self.effects()[1:]:
            low, high = job.bounds.get(effect.name, (effect.low, effect.high))
            most[effect.name] = list(_either_way(low, high, effect.neutral))
        return {
            "vary": float(rng.uniform(*job.bounds.get("vary", self.strength_range))),
            "noise_seed": int(rng.integers(2**53)),
            "most": most,
        }

    def make(self, batch: Sequence[Work], model: Variator) -> list[Made | Failed]:
        import numpy as np

        from synthgen.models import variator

        noise = np.empty((len(batch), variator.NOISE), np.float32)
        for row, work in enumerate(batch):
            noise[row] = numpy_rng("variation", work.draw["noise_seed"]).standard_normal(noise.shape[1])
        pictures = [work.parents[0].payload for work in batch]
        strengths = [work.draw["vary"] for work in batch]
        most = [_most(work.draw["most"]) for work in batch]
        made = variator.vary(model, pictures, noise, strengths, most, NETWORK_BATCH)
        return [Made(picture) for picture in made]


def _either_way(low: float, high: float, neutral: float) -> tuple[float, float]:
    """The bounds, as far to one side as to the other where they hold what changes nothing."""
    if not low <= neutral <= high:
        return low, high
    if neutral:
        most = min(1 / low, high)
        return 1 / most, most
    most = min(-low, high)
    return -most, most


def _most(bounds: Mapping[str, Sequence[float]]) -> Most:
    from synthgen.models.variator import Most

    turn, shift, size, light, hue = ((bounds[name][0], bounds[name][1]) for name in EFFECTS)
    return Most(turn, _logs(size), shift, _logs(light), max(map(abs, hue)) / MOST_HUE)


def _logs(bounds: Sequence[float]) -> tuple[float, float]:
    return math.log(bounds[0]), math.log(bounds[1])


PLUGIN = Variation
