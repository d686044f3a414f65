"""A benchmark: a command that measures beside a peer, in the same run."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict


class Figures(NamedTuple):
    """What was measured: a title and rows of a table."""

    title: str
    rows: list[dict[str, Any]]


class Bench(BaseModel):
    """Base of all benchmarks. Fields are its settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def run(self) -> Figures:
        """Measure; takes as long as it takes."""
        raise NotImplementedError
