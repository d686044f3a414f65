"""The classes that a given classifier knows, found by their names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from synthgen.errors import ModelError
from synthgen.registry import near


def columns(model: str, labels: Mapping[int, str], names: Sequence[str]) -> list[int]:
    """The columns of a classifier's output in the order of `names`. Raises ModelError for a class it does not know."""
    known = {label: i for i, label in labels.items()}
    for name in names:
        if name not in known:
            raise ModelError(f"{model} does not know the class {name!r}.{near(name, known)}")
    return [known[name] for name in names]
