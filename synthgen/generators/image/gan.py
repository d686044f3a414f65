"""Pictures of a class from nothing, by a small GAN that is trained on the user's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, field_validator

from synthgen.contract import LabelContract
from synthgen.errors import ModelError, SourceError
from synthgen.generator import Generator, Interval, Progress, RatioInterval, Share
from synthgen.models.resizing import resized
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.conditional_gan import ConditionalGenerator
    from synthgen.models.gan_draws import Vary

NETWORK_BATCH = 64
MOST_PICTURES = 20_000  # a training of a few thousand steps sees no more; rare classes go in whole
MOST_PIXELS = 80_000_000  # at 3 bytes each
# CPU seconds of one x86-64 core at 2.5 GHz, for one picture of 32x32 in one step.
SECONDS_PER_PICTURE = 2e-3


class Gan(Generator):
    """Pictures drawn by a class-conditional GAN.

    Payload: uint8 (h, w, 3), the size that most of its training pictures had. Label: chosen.
    Source: Huang et al. 2024 (R3GAN), section 2; Zhao et al. 2020 (DiffAugment); Mao et al. 2019 (MSGAN).
    """

    modality: ClassVar[str] = "image"
    parents: ClassVar[int] = 0
    label: ClassVar[Literal["kept", "mixed", "chosen"]] = "chosen"

    model: str = "fit"
    """`fit` trains one on the train split; else the folder of one that was trained before."""
    truncation: Share = 1.0
    """Below 1 pictures come closer to the typical one of their class, and to each other."""
    size: Annotated[int, Field(ge=16, le=256)] = 32
    fit_steps: Annotated[int, Field(ge=1, le=1_000_000)] = 900
    fit_batch: Annotated[int, Field(ge=2, le=1024)] = 32
    turn_range: Interval = (-8.0, 8.0)
    """How far training pictures are varied, with the next three, inside the label contract."""
    shift_range: Interval = (-0.04, 0.04)
    resize_range: RatioInterval = (0.92, 1.08)
    may_mirror: bool = True

    @field_validator("size")
    @classmethod
    def _is_power_of_two(cls, value: int) -> int:
        if value & (value - 1):
            raise ValueError(f"{value} is no power of two: write 32, 64 or 128")
        return value

    def learns(self) -> dict[str, Any] | None:
        return None if self.model != "fit" else self.model_dump(mode="json", exclude={"model", "truncation"})

    def cost(self, n_train: int) -> float:
        if self.model != "fit":
            return 0.0
        return SECONDS_PER_PICTURE * (self.size / 32) ** 2 * self.fit_batch * self.fit_steps + 3

    def fit(
        self, train: Sequence[Sample], contract: LabelContract, folder: Path, seed: int, progress: Progress
    ) -> None:
        import numpy as np

        from synthgen.models import conditional_gan
        from synthgen.models.gan_draws import fair_part

        train = [sample for sample in train if sample.label is not None]
        if not train:
            raise SourceError(
                "image/gan needs labelled pictures to learn from, but the train split has none."
            )
        train = fair_part(train, min(MOST_PICTURES, MOST_PIXELS // self.size**2))
        classes = sorted({str(sample.label) for sample in train})
        sizes: Counter[tuple[int, int]] = Counter()
        pictures = np.empty((len(train), self.size, self.size, 3), np.uint8)
        for place, sample in enumerate(train):
            picture = sample.payload
            sizes[picture.shape[:2]] += 1
            pictures[place] = resized(picture, self.size, self.size)
        conditional_gan.train(
            pictures, np.array([classes.index(str(sample.label)) for sample in train]), classes, folder,
            picture_size=max(sorted(sizes), key=lambda size: sizes[size]),
            vary=[self._vary(contract, label) for label in classes],
            size=self.size, steps=self.fit_steps, batch=self.fit_batch, seed=seed,
            progress=lambda done, total, loss: progress(done, total, f"loss {loss:.3f}"),
        )  # fmt: skip

    def given_model(self) -> Path | None:
        if self.model == "fit":
            return None
        folder = Path(self.model).expanduser()
        if not folder.is_dir():
            raise ModelError(f'image/gan: {self.model!r} is no folder. Name one, or write model = "fit".')
        return folder

    def compute(self, device: str) -> dict[str, Any]:
        return {"device": device, "network_batch": NETWORK_BATCH}

    def load(self, folder: Path | None, device: str) -> ConditionalGenerator:
        from synthgen.models import conditional_gan

        if folder is None:
            raise ModelError("image/gan was given no model folder to load.")
        return conditional_gan.load(folder, device)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        return {"z_seed": int(rng.integers(2**53))}

    def make(self, batch: Sequence[Work], model: ConditionalGenerator) -> list[Made | Failed]:
        import numpy as np

        from synthgen.models import conditional_gan
        from synthgen.models.gan_draws import Z_SIZE

        number = {label: i for i, label in enumerate(model.config["classes"])}
        known = [place for place, work in enumerate(batch) if work.job.label in number]
        z = np.empty((len(known), Z_SIZE), np.float32)
        for row, place in enumerate(known):
            z[row] = numpy_rng("gan", batch[place].draw["z_seed"]).standard_normal(z.shape[1])
        painted = conditional_gan.paint(
            model, z * np.float32(self.truncation), [number[batch[i].job.label] for i in known], NETWORK_BATCH
        )
        made: list[Made | Failed] = [Failed(f"the model knows no class {work.job.label!r}") for work in batch]
        for picture, place in zip(painted, known, strict=True):
            made[place] = Made(resized(picture, *model.config["picture_size"]))
        return made

    def _vary(self, contract: LabelContract, label: str) -> Vary:
        """How far pictures of a class may be varied before the label would change."""
        from synthgen.models.gan_draws import Vary

        asked = Vary(self.turn_range, self.shift_range, self.resize_range, self.may_mirror)
        return Vary.inside(contract, label, asked)


PLUGIN = Gan
