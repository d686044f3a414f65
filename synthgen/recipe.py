"""What to make: one TOML file, checked whole before anything costly starts."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, model_validator

from synthgen import registry
from synthgen.checked import checked
from synthgen.contract import Effect, LabelContract, either, together
from synthgen.errors import RecipeError
from synthgen.filter import Filter
from synthgen.generator import Generator
from synthgen.modality import Modality
from synthgen.reader import Reader
from synthgen.seeds import hash_of

SHIPPED = Path(__file__).parent / "recipes"
Share = Annotated[float, Field(ge=0, le=1)]
P = TypeVar("P", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Part):
    """The user's data. Keys that are not listed here are settings of the reader."""

    reader: str
    path: str | None = None
    holdout: str | None = None
    pool: str | None = None
    licence: str = "not stated"
    max_unreadable: Share = 0.05
    settings: dict[str, Any] = {}

    @model_validator(mode="before")
    @classmethod
    def _gather_settings(cls, value: Any) -> Any:
        return _gather(cls, value)


class Targets(_Part):
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


class Step(_Part):
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
        return self

    @cached_property
    def generators(self) -> tuple[Generator, ...]:
        """What this step may take, checked."""
        if self.one_of:
            return tuple(g for step in self.one_of for g in step.generators)
        return (_plugin("generators", self.use or "", self.settings, Generator),)

    @property
    def effects(self) -> tuple[Effect, ...]:
        """What the step may do to a payload."""
        return either(g.effects() for g in self.generators)


class GenerateEntry(_Part):
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


class FilterEntry(_Part):
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
        return _plugin("filters", self.use, self.settings, Filter)


class Publish(_Part):
    """Where versions go, and whether rejected samples keep their payload."""

    to: str = "outputs"
    keep_rejected: bool = True


class Schedule(_Part):
    """When the deployment runs by itself."""

    cron: str
    timezone: str = "UTC"
    paused: bool = False


class Recipe(_Part):
    """What to make, from what, for which classes, and what is refused."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
    description: str = ""
    seed: int = Field(default=0, ge=0, lt=2**63)
    max_rounds: int = Field(default=3, ge=1, le=20)
    oversample: float = Field(default=1.3, ge=1, le=10)
    """Jobs planned per missing sample in the first round: `select` keeps the most diverse of what passes."""
    workers: int = Field(default=2, ge=1, le=256)
    shard: int = Field(default=256, ge=1, le=100_000)
    """Samples made, judged and staged at a time."""
    source: Source
    targets: Targets
    contract: LabelContract = LabelContract()
    generate: tuple[GenerateEntry, ...] = Field(min_length=1)
    filter: tuple[FilterEntry, ...] | None = None
    publish: Publish = Publish()
    schedule: Schedule | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> Recipe:
        modality = self.reader.modality
        for i, entry in enumerate(self.generate):
            for generator in entry.generators:
                if generator.modality != modality:
                    raise RecipeError(
                        f"[[generate]] {i} uses {plugin_name(generator)}, but the source holds {modality}. "
                        f"Remove it, or pick from `synthgen list generators --modality {modality}`."
                    )
            for step in entry.steps[1:]:
                if any(g.parents != 1 for g in step.generators):
                    raise RecipeError(
                        f"[[generate]] {i}: {'|'.join(map(plugin_name, step.generators))} cannot be a later step, "
                        f"because it takes other than one parent. Put it first, or into an entry of its own."
                    )
            if len({g.parents for g in entry.steps[0].generators}) > 1 or (entry.steps[0].p < 1):
                raise RecipeError(
                    f"[[generate]] {i}: the first step is always taken, and its alternatives take equally many parents."
                )
        if self.reader.takes_path and self.source.path is None:
            raise RecipeError("[source] path is missing: write it, or give `--set source.path=FOLDER`.")
        for name, one in self.filters:
            if one.sees_holdout and not self.has_holdout:
                raise RecipeError(
                    f"[[filter]] {name} compares with a holdout: name one in [source], or leave it out."
                )
            if one.modalities is not None and modality not in one.modalities:
                raise RecipeError(
                    f"[[filter]] {name} does not judge {modality}, only {', '.join(sorted(one.modalities))}."
                )
        return self

    @cached_property
    def reader(self) -> Reader:
        """The reader, checked."""
        return _plugin("readers", self.source.reader, self.source.settings, Reader)

    @cached_property
    def modality(self) -> Modality:
        """The payload type."""
        modality: Modality = registry.find("modalities", self.reader.modality)()
        return modality

    @cached_property
    def filters(self) -> tuple[tuple[str, Filter], ...]:
        """Filters by name, in order; the modality's usual ones where the recipe names none."""
        if self.filter is not None:
            return tuple((entry.use, entry.filter) for entry in self.filter)
        usual = ((name, _plugin("filters", name, {}, Filter)) for name in self.modality.default_filters)
        return tuple((name, one) for name, one in usual if self.has_holdout or not one.sees_holdout)

    @property
    def has_holdout(self) -> bool:
        """Whether the source names a holdout, or the reader brings one."""
        return self.source.holdout is not None or not self.reader.takes_path

    @cached_property
    def key(self) -> str:
        """Hash of all that decides what is published: not its place, nor how it is executed or scheduled."""
        plain = {"name", "seed", "max_rounds", "oversample", "targets", "contract"}
        decides = self.model_dump(mode="json", include=plain)
        decides["source"] = self.source.model_dump(mode="json", exclude={"path", "holdout", "pool"})
        decides["keep_rejected"] = self.publish.keep_rejected
        decides["generate"] = [(entry.share, entry.identity()) for entry in self.generate]
        decides["filter"] = [(name, one.identity()) for name, one in self.filters]
        decides["prompts"] = [
            sorted((k, p.sha256) for k, p in g.prompts(["*"]).items())
            for e in self.generate
            for g in e.generators
        ]
        return hash_of(decides)

    @property
    def place(self) -> Path:
        """The folder of the dataset."""
        return Path(self.publish.to).expanduser() / self.name


def load_recipe(name: str, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe of a TOML file, or a shipped one by name. Overrides are `source.path=...`, `generate.0.share=0.5`."""
    path = Path(name) if name.endswith(".toml") else SHIPPED / f"{name}.toml"
    if not path.is_file():
        shipped = sorted(p.stem for p in SHIPPED.glob("*.toml"))
        hint = " Give the path of a TOML file, or a shipped recipe." if not name.endswith(".toml") else ""
        raise RecipeError(f"no recipe is at {name!r}.{hint}{registry.near(name, shipped)}")
    try:
        text = path.read_text(encoding="utf-8")
        return parse_recipe(tomllib.loads(text), overrides, path.name)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(
            f"{path.name} is no valid TOML: {error}. A key may stand there once only."
        ) from error
    except OSError as error:
        raise RecipeError(f"{path.name} cannot be read: {error.strerror}") from error


def parse_recipe(data: dict[str, Any], overrides: Sequence[str] = (), where: str = "recipe") -> Recipe:
    """A recipe from TOML's values."""
    for override in overrides:
        _override(data, override)
    recipe: Recipe = checked(Recipe, data, where)
    return recipe


def _gather(cls: type[BaseModel], value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    own = {k: v for k, v in value.items() if k in cls.model_fields}
    rest = {k: v for k, v in value.items() if k not in cls.model_fields}
    return {**own, "settings": {**own.get("settings", {}), **rest}}


def _plugin(kind: registry.Kind, name: str, settings: Mapping[str, Any], base: type[P]) -> P:
    return checked(registry.find(kind, name), dict(settings), f"{kind[:-1]} {name}")  # type: ignore[no-any-return]


def _override(data: dict[str, Any], override: str) -> None:
    place, equals, written = override.partition("=")
    if not equals:
        raise RecipeError(
            f"--set {override!r}: write it as key=value, such as source.path=photos or generate.0.share=0.5"
        )
    try:
        value = tomllib.loads(f"x = {written}")["x"]
    except tomllib.TOMLDecodeError:
        value = written
    *parts, last = place.strip().split(".")
    at: Any = data
    try:
        for part in parts:
            at = at[int(part)] if isinstance(at, list) else at.setdefault(part, {})
        at[int(last) if isinstance(at, list) else last] = value
    except (ValueError, IndexError, TypeError, AttributeError) as error:
        raise RecipeError(f"--set {place}: there is no such place in the recipe ({error}).") from error


def plugin_name(generator: Generator) -> str:
    """The name that a recipe uses for this generator."""
    return registry.name_of("generators", generator)
