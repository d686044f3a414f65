"""A generator: what it does to labels, its random choices first, the payloads from them after."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat

from synthgen.contract import Effect, LabelContract
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

    from synthgen.answers import Answers
    from synthgen.prompt import Prompt

Progress = Callable[[int, int, str], None]
"""Called as progress(done, total, what is seen: a loss, a rate)."""


GIVEN = "given"
"""Stands for the folder of a model that was trained elsewhere."""


def ordered(bounds: tuple[float, float]) -> tuple[float, float]:
    """The bounds, if the lower one comes first: to check a range among the settings."""
    if bounds[0] > bounds[1]:
        raise ValueError(f"the range {list(bounds)} is empty: write the lower bound first")
    return bounds


def ratio_in(bounds: tuple[float, float], rng: np.random.Generator) -> float:
    """A factor drawn so that half as much and twice as much are equally likely."""
    return math.exp(rng.uniform(math.log(bounds[0]), math.log(bounds[1])))


Share = Annotated[float, Field(ge=0, le=1)]
Above0 = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Interval = Annotated[tuple[FiniteFloat, FiniteFloat], AfterValidator(ordered)]
ShareInterval = Annotated[tuple[Share, Share], AfterValidator(ordered)]
RatioInterval = Annotated[tuple[Above0, Above0], AfterValidator(ordered)]


class Generator(BaseModel):
    """Base of all generators. Fields are its settings; a subclass fills `effects`, `draw` and `make`."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())

    modality: ClassVar[str]
    parents: ClassVar[int] = 1
    label: ClassVar[Literal["kept", "mixed", "chosen"]] = "kept"
    repeatable: ClassVar[bool] = True
    """Whether the same draw gives the same payload; False for a remote model, whose answers are kept: see `asks`."""
    carries: ClassVar[frozenset[str]] = frozenset()
    """Annotations that move with the payload; data with others is refused."""
    execution: ClassVar[frozenset[str]] = frozenset({"batch_size"})
    """Settings that never change what is made: not part of a sample's id."""

    def identity(self) -> dict[str, Any]:
        """The settings that decide what is made, JSON-safe.

        The folder of a model is named GIVEN: where it lies decides nothing, its hash is part of a sample's id anyway.
        """
        said = self.model_dump(mode="json", exclude=set(self.execution))
        model = said.get("model")
        if isinstance(model, str) and self.learns() is None and Path(model).expanduser().is_dir():
            said["model"] = GIVEN
        return said

    def effects(self) -> Iterable[Effect]:
        """What the settings let it do to a payload. Every one of them shows in `applied`."""
        return ()

    def applied(self, draw: Draw) -> dict[str, float]:
        """How far a draw goes, for each effect: checked against the job's bounds before anything is made."""
        return {}

    def partners(self) -> Literal["balanced", "as they are", "alike"]:
        """How second parents whose label counts are drawn: each other class as often, each item of them as often, or
        items of the first parent's own class."""
        return "balanced"

    def prompts(self, labels: Iterable[str]) -> dict[str, Prompt]:
        """The prompt for each label, already looked up; empty for generators that take none."""
        return {}

    def learns(self) -> dict[str, Any] | None:
        """The settings that training depends on, or None where nothing is trained (also with a given model)."""
        return None

    def cost(self, n_train: int) -> float:
        """Estimated CPU seconds of `fit` on one core."""
        return 0.0

    def fit(
        self, train: Sequence[Sample], contract: LabelContract, folder: Path, seed: int, progress: Progress
    ) -> None:
        """Train on real samples and write safetensors and JSON into the empty `folder`. Bounded by steps."""
        raise NotImplementedError

    def given_model(self) -> Path | None:
        """The folder of a model that was trained elsewhere, fetched if it is a hub id; None where there is none."""
        return None

    def compute(self, device: str) -> dict[str, Any] | None:
        """What of the machine changes floats (device type, network batch shape, dtype); None for plain arithmetic."""
        return None

    def load(self, folder: Path | None, device: str) -> Any:
        """The model, loaded once a process; `folder` is what `fit` wrote or `given_model` named."""
        return None

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        """Every random choice, for job.label, inside job.bounds, JSON-safe."""
        raise NotImplementedError

    def asks(self, work: Work, model: Any) -> dict[str, Any] | None:
        """What a remote model is asked for one item, JSON-safe, no address and no key; None where it needs no answer.

        Items that ask the same share one answer, which is kept under the hash of this and given to `make` as
        `work.answer`: everything but the answer repeats.
        """
        return None

    def ask(self, questions: Mapping[str, Any], answers: Answers) -> None:
        """Have every question answered, by key, and each answer kept as soon as it is there. AnswerError if some can't
        be had; those that came before it stay."""
        raise NotImplementedError

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        """One answer per item, in order. Pure: the same work gives the same payload, whatever else is in the batch."""
        raise NotImplementedError
