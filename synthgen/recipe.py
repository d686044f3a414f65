"""What to make: one TOML file, checked whole before anything costly starts."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator

from synthgen import registry
from synthgen.checked import checked
from synthgen.contract import LabelContract
from synthgen.errors import RecipeError
from synthgen.filter import Filter
from synthgen.modality import Modality
from synthgen.reader import Reader
from synthgen.recipe_parts import (
    FilterEntry,
    GenerateEntry,
    Lift,
    Part,
    Publish,
    Schedule,
    Source,
    Targets,
    plugin,
    plugin_name,
)
from synthgen.seeds import hash_of

SHIPPED = Path(__file__).parent / "recipes"


class Recipe(Part):
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
    lift: Lift = Lift()

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
        for key in ("path", "holdout", "pool"):
            brought = not self.reader.takes_path if key == "path" else key in self.reader.own_splits()
            if brought and getattr(self.source, key) is not None:
                what = "finds its splits in path" if self.reader.takes_path else "brings its own data"
                raise RecipeError(f"[source] {key} is given, but {self.source.reader} {what}: remove it.")
        whole = [entry.model_dump(mode="json", exclude={"share"}) for entry in self.generate]
        if doubled := [i for i, one in enumerate(whole) if one in whole[:i]]:
            raise RecipeError(
                f"[[generate]] {doubled[0]} is there twice: raise the share of the first one instead."
            )
        if doubled_names := {n for n, count in Counter(n for n, _ in self.filters).items() if count > 1}:
            raise RecipeError(f"[[filter]] {', '.join(sorted(doubled_names))} is there twice: keep one.")
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
        return plugin("readers", self.source.reader, self.source.settings, Reader)

    @cached_property
    def modality(self) -> Modality:
        """The payload type."""
        modality: Modality = registry.find("modalities", self.reader.modality)()
        return modality

    @cached_property
    def filters(self) -> tuple[tuple[str, Filter], ...]:
        """Filters by name, in order; the modality's usual ones that have what they need where the recipe names none."""
        if self.filter is not None:
            return tuple((entry.use, entry.filter) for entry in self.filter)
        usual = ((name, plugin("filters", name, {}, Filter)) for name in self.modality.default_filters)
        return tuple(
            (name, one)
            for name, one in usual
            if (self.has_holdout or not one.sees_holdout)
            and (self.reader.shows_class or not one.judges_class)
        )

    @property
    def has_holdout(self) -> bool:
        """Whether the source names a holdout, or the reader brings one."""
        return self.source.holdout is not None or "holdout" in self.reader.own_splits()

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
