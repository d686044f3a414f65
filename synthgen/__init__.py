"""Labelled samples from labelled samples: made, judged, versioned, explained."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_PLACES = {
    "apply": "synthgen.stages.apply",
    "Filter": "synthgen.filter",
    "Generator": "synthgen.generator",
    "LabelContract": "synthgen.contract",
    "load_recipe": "synthgen.recipe",
    "open_dataset": "synthgen.dataset",
    "Recipe": "synthgen.recipe",
    "replay": "synthgen.stages.replay",
    "run": "synthgen.pipeline",
    "Sample": "synthgen.sample",
}
__all__ = sorted(_PLACES)


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"synthgen has no {name!r}; it has {', '.join(__all__)}")
