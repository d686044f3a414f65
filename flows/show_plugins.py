"""What recipes can name, as rows."""

from __future__ import annotations

import inspect
import tomllib
from pathlib import Path
from typing import Any

from synthgen import registry
from synthgen.errors import UnknownName
from synthgen.recipe import SHIPPED

KINDS = ("modalities", "readers", "generators", "filters", "exports", "benches")
EVERY = "every"


def listed(kind: str, modality: str | None = None) -> list[dict[str, Any]]:
    """Every plug-in of a kind (or shipped recipe) with the first line of its docstring."""
    if modality is not None and modality not in registry.names("modalities"):
        raise UnknownName(
            f"no modality is called {modality!r}.{registry.near(modality, registry.names('modalities'))}"
        )
    if kind == "recipes":
        rows = [_recipe(path) for path in sorted(SHIPPED.glob("*.toml"))]
        return [row for row in rows if modality in (None, row["modality"])]
    if kind not in KINDS:
        raise UnknownName(f"there is no list of {kind!r}.{registry.near(kind, (*KINDS, 'recipes'))}")
    rows = [_plugin(kind, name, registry.find(kind, name)) for name in registry.names(kind)]  # type: ignore[arg-type]
    return [row for row in rows if modality is None or {modality, EVERY} & set(row["modality"].split(", "))]


def _plugin(kind: str, name: str, plugin: Any) -> dict[str, Any]:
    shown = name.replace("_", "-") if kind == "exports" else name
    modality = (
        name.split("/")[0] if kind == "generators" else name if kind == "modalities" else _modality(plugin)
    )
    row = {"name": shown, "modality": modality, "what": (inspect.getdoc(plugin) or "").split("\n")[0]}
    if kind == "generators":
        row |= {"parents": plugin.parents, "label": plugin.label}
    if kind in ("readers", "generators", "filters"):
        row["settings"] = ", ".join(plugin.model_fields)
    return row


def _recipe(path: Path) -> dict[str, Any]:
    """Read as TOML alone: most shipped recipes need the place of the user's data before they can be checked."""
    recipe = tomllib.loads(path.read_text(encoding="utf-8"))
    modality = registry.find("readers", recipe["source"]["reader"]).modality
    return {"name": path.stem, "modality": modality, "what": recipe.get("description", "")}


def _modality(plugin: Any) -> str:
    named = getattr(plugin, "modalities", None) or getattr(plugin, "modality", None) or EVERY
    return named if isinstance(named, str) else ", ".join(sorted(named))
