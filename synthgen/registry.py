"""Plug-ins by the place of their file, then by entry points. Nothing is listed by hand."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Literal

from synthgen.errors import UnknownName

Kind = Literal["modalities", "models", "readers", "generators", "filters", "exports", "benches"]
KINDS: tuple[Kind, ...] = ("modalities", "models", "readers", "generators", "filters", "exports", "benches")

_ONE = {"modalities": "modality", "benches": "bench"}


@cache
def _outside(kind: Kind) -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=f"synthgen.{kind}")}


@cache
def names(kind: Kind) -> tuple[str, ...]:
    """Names of all plug-ins of a kind, without importing one: `generators/image/gan.py` is `image/gan`."""
    root = Path(__file__).parent / kind
    inside = (p.relative_to(root).with_suffix("").as_posix() for p in root.rglob("*.py") if p.name[0] != "_")
    return tuple(sorted({*inside, *_outside(kind)}))


@cache
def find(kind: Kind, name: str) -> Any:
    """The `PLUGIN` of the one module that carries the name."""
    if name not in names(kind):
        raise UnknownName(f"no {_ONE.get(kind, kind[:-1])} is called {name!r}.{near(name, names(kind))}")
    if name in _outside(kind):
        return _outside(kind)[name].load()
    return importlib.import_module(f"synthgen.{kind}.{name.replace('/', '.')}").PLUGIN


def near(name: str, known: Iterable[str]) -> str:
    """A sentence that offers the nearest known names, or lists them if none is near."""
    known = sorted(map(str, known))
    if close := difflib.get_close_matches(name, known, n=2, cutoff=0.5):
        return f" Did you mean {' or '.join(repr(c) for c in close)}?"
    if not known:
        return " There are none."
    return f" Known: {', '.join(known[:12])}{', …' if len(known) > 12 else ''}."


def name_of(kind: Kind, plugin: object) -> str:
    """The name under which a plug-in was found: its file's place, or its entry point."""
    module = type(plugin).__module__
    inside = module.removeprefix(f"synthgen.{kind}.").replace(".", "/")
    if inside in names(kind):
        return inside
    return next((n for n, p in _outside(kind).items() if p.value.startswith(f"{module}:")), module)
