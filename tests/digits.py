"""Recipes on scikit-learn's digits for tests: small, quick, real data."""

from pathlib import Path
from typing import Any

from synthgen.recipe import Recipe, parse_recipe

AFFINE = {"use": "image/affine", "half_turn_share": 0.3, "turn_range": [-20, 20]}
CHAIN = {
    "steps": [{"use": "image/affine"}, {"use": "image/recolour", "p": 0.5}, {"use": "image/erase", "p": 0.3}]
}
CONTRACT = {"every": {"half_turn": {"relabel": {"6": "9", "9": "6"}}}, "label": {"6": {"turn": 30}}}
QUICK = ("readable", "near_copy")


def digits(place: Path, *, filters: tuple[str, ...] = QUICK, **changes: Any) -> Recipe:
    """A recipe that brings 6 and 9 from 12 to 30 samples each by classical means."""
    data: dict[str, Any] = {
        "name": "digits",
        "source": {"reader": "digits", "cut": {"6": 12, "9": 12}, "licence": "CC BY 4.0"},
        "targets": {"counts": {"6": 30, "9": 30}},
        "contract": CONTRACT,
        "generate": [AFFINE, CHAIN],
        "filter": [{"use": name} for name in filters],
        "publish": {"to": str(place)},
        "shard": 8,
    }
    return parse_recipe(data | changes)
