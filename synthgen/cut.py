"""Another draw of a recipe's train split: cut to fewer samples in some classes, or drawn anew from train and pool."""

from __future__ import annotations

from collections.abc import Mapping

from synthgen.errors import RecipeError
from synthgen.recipe import Recipe
from synthgen.seeds import hash_of


def cut_recipe(recipe: Recipe, leave: Mapping[str, int], redraw: int | None) -> Recipe:
    """The recipe for such a draw, under a name of its own: so its dataset has a folder of its own."""
    source = recipe.source.model_copy(update={"leave": {**recipe.source.leave, **leave}, "redraw": redraw})
    mark = hash_of(sorted(source.leave.items()), redraw)[:6]
    name = f"{recipe.name[:50]}-cut-{mark}"
    return Recipe.model_validate(
        recipe.model_dump(mode="json") | {"name": name, "source": source.model_dump(mode="json")}
    )


def parse_cut(text: str) -> dict[str, int]:
    """`6=12,9=8` as numbers by class."""
    cut: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        label, equals, number = part.rpartition("=")
        if not equals or not number.strip().isdecimal() or int(number) < 1:
            raise RecipeError(
                f"--cut {part!r}: write CLASS=N with N at least 1, several with commas: 6=12,9=8"
            )
        cut[label] = int(number)
    return cut
