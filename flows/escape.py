"""User text made harmless where it is shown: in a terminal, in markdown, in an artifact's key."""

from __future__ import annotations

import re

from synthgen.seeds import sha256


def plain(text: object, most: int = 300) -> str:
    """One line without control characters, so that a class name cannot move the cursor or turn text around."""
    shown = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in str(text))
    return shown if len(shown) <= most else shown[: most - 1] + "…"


def markdown(text: object, most: int = 300) -> str:
    """Text for markdown, also in a table cell. Entities would do as well, but Prefect's classic page shows them raw."""
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", plain(text, most))


def cell(text: object, most: int = 300) -> str:
    """Text for a table artifact, which one of Prefect's pages takes for markdown and the other for plain text."""
    risky = re.search(r"[<>\[\]*`~\\&]|__|https?:|www\.", shown := plain(text, most))
    return markdown(text, most) if risky else shown


def key(dataset: str, *parts: str) -> str:
    """An artifact key (lowercase letters, digits, dashes) that differs where the parts do."""
    return "-".join([_slug(dataset.replace("_", "-")), *map(_slug, parts)])


def _slug(part: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", part.lower()).strip("-")[:60]
    return slug if slug == part else f"{slug}-{sha256(part)[:6]}".lstrip("-")
