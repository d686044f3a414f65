"""Settings checked by pydantic, with errors in words: the place, what was got, and the nearest known key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from synthgen import registry
from synthgen.errors import RecipeError


def checked(cls: Any, data: Any, where: str) -> Any:
    """An instance of a pydantic class, or a RecipeError that names each thing wrong with `where`."""
    try:
        return cls.model_validate(data)
    except ValidationError as error:
        raise RecipeError(f"{where}: " + "; ".join(_explain(cls, e) for e in error.errors())) from error


def _explain(cls: type[BaseModel], error: Any) -> str:
    place = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return (
            f"unknown key {place!r}.{registry.near(str(error['loc'][-1]), _keys_at(cls, error['loc'][:-1]))}"
        )
    if error["type"] == "missing":
        return f"{place} is missing"
    got = "" if isinstance(error["input"], dict | list | tuple) else f", got {error['input']!r}"
    return f"{place + ': ' if place else ''}{error['msg'].removeprefix('Value error, ')}{got}"


def _keys_at(cls: Any, place: Sequence[str | int]) -> list[str]:
    for part in place:
        if (
            isinstance(part, str)
            and isinstance(cls, type)
            and issubclass(cls, BaseModel)
            and part in cls.model_fields
        ):
            cls = _model_in(cls.model_fields[part].annotation) or cls
    return list(cls.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for a in get_args(annotation) if (found := _model_in(a))), None)
