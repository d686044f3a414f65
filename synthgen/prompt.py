"""Prompts: load one, fill it, hash it."""

from __future__ import annotations

import string
import tomllib
from pathlib import Path
from typing import ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from synthgen.errors import RecipeError
from synthgen.registry import near
from synthgen.seeds import hash_of

P = TypeVar("P", bound="Prompt")
ROOT = Path(__file__).parents[1] / "prompts"


class Prompt(BaseModel):
    """A template with `{label}`, what to steer away from, and how classes are called in words."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    needs: ClassVar[frozenset[str]] = frozenset({"label"})
    takes: ClassVar[frozenset[str]] = needs
    """Fields that a template of this kind has, and may have."""
    template: str
    negative: str = ""
    licence: str
    version: int
    description: str = ""
    names: dict[str, str] = {}

    @field_validator("template")
    @classmethod
    def _has_its_fields(cls, value: str) -> str:
        return checked_template(value, cls.needs, cls.takes)

    def fill(self, label: str) -> str:
        """The prompt for one class."""
        return self.template.format(label=self.called(label))

    def called(self, label: str) -> str:
        """The class in words."""
        return self.names.get(label, label)

    @property
    def sha256(self) -> str:
        """Hash of all that reaches the model."""
        return hash_of(self.template, self.negative, self.names)


def checked_template(
    template: str, needs: frozenset[str] = frozenset({"label"}), takes: frozenset[str] = frozenset({"label"})
) -> str:
    """The template, if it has all fields that it needs and none but those that it takes; else ValueError."""
    fields = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    if not needs <= fields <= takes:
        needed = " and ".join(f"{{{name}}}" for name in sorted(needs)) or "no field"
        more = ", ".join(f"{{{name}}}" for name in sorted(takes - needs))
        most = f"may have {more}" if more else "no other field"
        raise ValueError(f"the template needs {needed} and {most}, but has {sorted(fields)}")
    return template


def load_prompt(modality: str, name: str, kind: type[P] = Prompt) -> P:  # type: ignore[assignment]
    """The shipped prompt `prompts/<modality>/<name>.toml`, or a file of the user's if `name` ends in .toml."""
    path = Path(name) if name.endswith(".toml") else ROOT / modality / f"{name}.toml"
    if not path.is_file():
        known = sorted(p.stem for p in (ROOT / modality).glob("*.toml"))
        raise RecipeError(
            f"no prompt is called {name!r}.{near(name, known)} A file of your own ends in .toml."
        )
    try:
        return kind.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{path.name} is no valid prompt: {error}") from error
