"""The parts of a recipe: source, targets, generators and their chains, filters, publication, schedule."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from synthgen import registry
from synthgen.checked import checked
from synthgen.contract import Effect, either, together
from synthgen.filter import Filter
from synthgen.generator import Generator
from synthgen.seeds import hash_of

Share = Annotated[float, Field(ge=0, le=1)]
P = TypeVar("P", bound=BaseModel)


class Part(BaseModel):
    """Base of all parts of a recipe: frozen, no unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(Part):
    """The user's data. Keys that are not listed here are settings of the reader."""

    reader: str
    path: str | None = None
    holdout: str | None = None
    pool: str | None = None
    licence: str = "not stated"
    max_unreadable: Share = 0.05
    leave: dict[str, Annotated[int, Field(ge=1)]] = {}
    """Train items left in a class, drawn by seed; the others join the pool. All stay where a class is not named."""
    redraw: int | None = Field(default=None, ge=0)
    """Draw train anew, by this seed, from train and pool together, with as many items in each class as it had."""
    settings: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _gather_settings(cls, value: Any) -> Any:
        return _gather(cls, value)


class Targets(Part):
    """How many samples each class should have: real train plus kept synthetic."""

    balance_to: int | None = Field(default=None, ge=1)
    counts: dict[str, Annotated[int, Field(ge=0)]] = {}

    @model_validator(mode="after")
    def _says_something(self) -> Targets:
        if self.balance_to is None and not self.counts:
            raise ValueError("write balance_to = 200, or counts = { class = 200 }, or both (counts go first)")
        return self

    def wanted(self, label: str) -> int:
        """The target of one class; 0 where none is named."""
        return self.counts.get(label, self.balance_to or 0)


class Step(Part):
    """One step of a chain: a generator, or one of several, taken with probability p."""

    use: str | None = None
    p: Share = 1.0
    settings: dict[str, Any] = {}
    one_of: tuple[Step, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _gather_settings(cls, value: Any) -> Any:
        return _gather(cls, value)

    @model_validator(mode="after")
    def _names_one(self) -> Step:
        if (self.use is None) == (not self.one_of):
            raise ValueError('a step names one generator (use = "image/affine") or several (one_of = [...])')
        if self.one_of and self.settings:
            names = ", ".join(self.settings)
            raise ValueError(f"{names} stands beside one_of: settings go into one of its generators")
        if any(step.p < 1 for step in self.one_of):
            raise ValueError(
                "p stands inside one_of, whose generators are equally likely: write it beside one_of"
            )
        return self

    @cached_property
    def generators(self) -> tuple[Generator, ...]:
        """What this step may take, checked."""
        if self.one_of:
            return tuple(g for step in self.one_of for g in step.generators)
        return (plugin("generators", self.use or "", self.settings, Generator),)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What the step may do to a payload."""
        return either(g.effects() for g in self.generators)


class GenerateEntry(Part):
    """One generator, or a chain of steps that makes one sample, with its share of the jobs."""

    share: float = Field(default=1.0, gt=0)
    steps: tuple[Step, ...]

    @model_validator(mode="before")
    @classmethod
    def _single_generator(cls, value: Any) -> Any:
        if isinstance(value, Mapping) and ("use" in value or "steps" not in value):
            step = {k: v for k, v in value.items() if k != "share"}
            return {"steps": [step]} | ({"share": value["share"]} if "share" in value else {})
        return value

    @model_validator(mode="after")
    def _first_step_is_sure(self) -> GenerateEntry:
        if not self.steps:
            raise ValueError("steps is empty: name at least one generator")
        if all(step.p < 1 for step in self.steps):
            raise ValueError(
                "every step has p < 1, so that nothing might happen to a sample: leave p out of one"
            )
        return self

    @property
    def name(self) -> str:
        """Generators joined by +, alternatives by |."""
        return "+".join("|".join(plugin_name(g) for g in step.generators) for step in self.steps)

    @property
    def generators(self) -> tuple[Generator, ...]:
        """Every generator of the entry, in order."""
        return tuple(g for step in self.steps for g in step.generators)

    @property
    def parents(self) -> int:
        """How many parents a job has: those of the first step."""
        return self.steps[0].generators[0].parents

    @property
    def mixes(self) -> bool:
        """Whether a second parent's label counts; else it lends the payload something, and no label."""
        mixing = any(g.label == "mixed" for g in self.steps[0].generators)
        return self.parents == 2 and mixing and not self.draws_partners_alike

    @property
    def draws_partners_alike(self) -> bool:
        """Whether a second parent is of the first one's class."""
        return any(g.partners() == "alike" for g in self.steps[0].generators)

    @property
    def draws_partners_as_they_are(self) -> bool:
        """Whether second parents are drawn as often as the source holds them; else each class as often."""
        return not self.mixes or any(g.partners() == "as they are" for g in self.steps[0].generators)

    def effects(self) -> list[Effect]:
        """What the whole entry may do to a payload."""
        return list(together(step.effects for step in self.steps))

    def identity(self) -> Any:
        """What decides the entry's outputs; its share does not."""
        return [[step.p, [(plugin_name(g), g.identity()) for g in step.generators]] for step in self.steps]

    @cached_property
    def key(self) -> str:
        """Hash of `identity`."""
        return hash_of(self.identity())


class FilterEntry(Part):
    """One filter with its settings."""

    use: str
    settings: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _gather_settings(cls, value: Any) -> Any:
        return _gather(cls, value)

    @cached_property
    def filter(self) -> Filter:
        """The filter, checked."""
        return plugin("filters", self.use, self.settings, Filter)


class Publish(Part):
    """Where versions go, and whether rejected samples keep their payload."""

    to: str = "outputs"
    keep_rejected: bool = True


class Lift(Part):
    """How `synthgen lift` measures whether the kept samples help, and what a version must show to be approved."""

    seeds: int = Field(default=5, ge=3, le=100)
    """Trainings of each arm; intervals need at least three."""
    classifier: str = Field(default="reference", min_length=1)
    """The modality's own small classifier, or a folder or pinned hub id: a frozen network with a trained head."""
    steps: int | None = Field(default=None, ge=20)
    """Training steps; three times the reference classifier's usual number, if not given."""
    size: int | None = Field(default=None, ge=8, le=512)
    """Pixels of a side, or the like, that the classifier sees; its usual size, if not given."""
    validation_share: float = Field(default=0.25, ge=0.1, le=0.5)
    """Part of train on which the use of the samples is searched."""
    searches: int = Field(default=2, ge=1, le=20)
    """Such parts that are drawn; each way is trained once on each."""
    reaches: tuple[Annotated[float, Field(gt=0, le=10)], ...] = Field(default=(1.0, 2.0), min_length=1)
    """How far the baselines move samples, as multiples of what is usual, inside the contract; the best is searched."""
    shares: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(default=(0.1, 0.25, 0.5), min_length=1)
    weights: tuple[Share, ...] = (0.5,)
    starts: tuple[Share, ...] = (0.5,)
    replacements: tuple[Share, ...] = (0.5,)
    """What is searched: shares in a batch, then with the best one other weights, starts and replacements."""
    curve: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = (0.05, 0.2)
    """Parts of the pool from which it is read how many real labels the samples are worth, beside the whole pool."""
    margin_points: float = Field(default=2.0, gt=0, le=50)
    """A class whose recall changes by less counts as unchanged."""
    require: Literal["none", "no-harm", "lift"] = "none"


class Schedule(Part):
    """When the deployment runs by itself."""

    cron: str
    timezone: str = "UTC"
    paused: bool = False


def _gather(cls: type[BaseModel], value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    own = {k: v for k, v in value.items() if k in cls.model_fields}
    rest = {k: v for k, v in value.items() if k not in cls.model_fields}
    settings = own.get("settings", {})
    return {**own, "settings": {**settings, **rest} if isinstance(settings, Mapping) else settings}


def plugin(kind: registry.Kind, name: str, settings: Mapping[str, Any], base: type[P]) -> P:
    """A plug-in with its settings, or a RecipeError that says what is wrong with them."""
    return checked(registry.find(kind, name), dict(settings), f"{kind[:-1]} {name}")  # type: ignore[no-any-return]


def plugin_name(generator: Generator) -> str:
    """The name that a recipe uses for this generator."""
    return registry.name_of("generators", generator)
