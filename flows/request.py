"""What is asked for of one class, checked before anything costly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from synthgen.errors import RecipeError

if TYPE_CHECKING:
    from synthgen.recipe import Recipe


def checked_request(recipe: str, label: str, count: int, overrides: Sequence[str] = ()) -> Recipe:
    """The recipe, if its source has the class and the count is one that can be meant. Reads no item."""
    from synthgen.pipeline import MOST_REQUESTED
    from synthgen.recipe import load_recipe
    from synthgen.registry import near

    if not 1 <= count <= MOST_REQUESTED:
        raise RecipeError(
            f"{count} samples of {label!r} are asked for: ask for 1 to {MOST_REQUESTED:,} at a time. "
            f"More is a matter of the recipe's [targets]."
        )
    loaded = load_recipe(recipe, overrides)
    labels = _labels(loaded)
    if label not in labels:
        raise RecipeError(f"the source has no class {label!r}.{near(label, labels)}")
    return loaded


def _labels(recipe: Recipe) -> set[str]:
    from synthgen.reader import Found
    from synthgen.stages.read import roots_of

    listed = recipe.reader.items(roots_of(recipe)["train"], "train")
    return {one.label for one in listed if isinstance(one, Found) and one.label is not None}
