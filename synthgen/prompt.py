"""Prompts: load one, fill it, hash it."""

from __future__ import annotations

import string
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from synthgen.errors import RecipeError
from synthgen.registry import near
from synthgen.seeds import hash_of

ROOT = Path(__file__).parents[1] / "prompts"


class Prompt(BaseModel):
    """A template with `{label}`, what to steer away from, and how classes are called in words."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    template: str
    negative: str = ""
    licence: str
    version: int
    description: str = ""
    names: dict[str, str] = {}

    @field_validator("template")
    @classmethod
    def _has_the_label(cls, value: str) -> str:
        return checked_template(value)

    def fill(self, label: str) -> str:
        """The prompt for one class."""
        return self.template.format(label=self.names.get(label, label))

    @property
    def sha256(self) -> str:
        """Hash of all that reaches the model."""
        return hash_of(self.template, self.negative, self.names)


def checked_template(template: str) -> str:
    """The template, if its only field is `{label}`; else ValueError."""
    fields = {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    if fields != {"label"}:
        raise ValueError(f"the template needs {{label}} and no other field, but has {sorted(fields)}")
    return template


def load_prompt(modality: str, name: str) -> Prompt:
    """The shipped prompt `prompts/<modality>/<name>.toml`, or a file of the user's if `name` ends in .toml."""
    path = Path(name) if name.endswith(".toml") else ROOT / modality / f"{name}.toml"
    if not path.is_file():
        known = sorted(p.stem for p in (ROOT / modality).glob("*.toml"))
        raise RecipeError(
            f"no prompt is called {name!r}.{near(name, known)} A file of your own ends in .toml."
        )
    try:
        return Prompt.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (ValidationError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{path.name} is no valid prompt: {error}") from error
