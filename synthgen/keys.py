"""Keys of servers, found by the name that a recipe gives: they are never part of a recipe, a log or a dataset."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from synthgen.errors import AnswerError, RecipeError

RESOLVERS: dict[str, Callable[[str], str]] = {}
"""By scheme, who knows keys that do not stand in the environment: `prefect:my-block` is asked of `prefect`."""

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_ELSEWHERE = re.compile(r"([a-z]+):([a-z0-9][a-z0-9-]*)")


def check_name(name: str) -> str:
    """The name, if it can be one. RecipeError, which does not repeat it, if it looks like the key itself."""
    if name and not _VARIABLE.fullmatch(name) and not _ELSEWHERE.fullmatch(name):
        raise RecipeError(
            'key is no name of a key. Write the name of an environment variable, such as "OPENAI_API_KEY", or '
            '"prefect:BLOCK" for a Secret block, or "" for a server that asks for none; never the key itself.'
        )
    return name


def key(name: str) -> str:
    """The key of this name; none for no name. AnswerError with a remedy if it cannot be had."""
    if not name:
        return ""
    if elsewhere := _ELSEWHERE.fullmatch(name):
        scheme, block = elsewhere[1], elsewhere[2]
        if scheme not in RESOLVERS:
            raise AnswerError(
                f"the key {name!r} is known to {scheme} alone, which does not take part in this run. Start it by "
                f"`synthgen run`, or name an environment variable."
            )
        found = RESOLVERS[scheme](block)
    else:
        found = os.environ.get(name, "")
    if not found.strip():
        raise AnswerError(
            f'the key {name!r} is not set or empty. Set the environment variable, or write key = "" for a server that '
            f"asks for none."
        )
    return found.strip()
