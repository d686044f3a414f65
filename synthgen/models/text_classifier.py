"""A linear classifier of texts."""

from __future__ import annotations

from typing import Any

from synthgen.models.classifier import Classifier


class TextReference(Classifier):
    """The reference classifier of texts."""

    def small(self, payload: Any, size: int | None = None) -> str:
        return str(payload)


PLUGIN = TextReference
