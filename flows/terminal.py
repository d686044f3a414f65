"""What a person sees in the terminal: tables, progress bars and messages, with all user text made harmless."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flows.escape import plain

Listener = Callable[[str, int, int, str], None]
"""Called as listener(stage, done, total, what is seen)."""


def unheard(stage: str, done: int, total: int, seen: str) -> None:
    """Nobody watches."""


def print_json(value: Any) -> None:
    """One JSON document on stdout, and nothing else."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def print_table(title: str, rows: Sequence[Mapping[str, Any]], empty: str = "", note: str = "") -> None:
    """Rows as a table; the keys of the first are its columns. Says `empty` where there are none."""
    from rich.table import Table
    from rich.text import Text

    if not rows:
        if empty:
            say(empty)
        return
    table = Table(
        title=Text(plain(title)), title_justify="left", title_style="bold", header_style="dim", box=None
    )
    for column in rows[0]:
        numbers = all(isinstance(row.get(column), int | float | None) for row in rows)
        table.add_column(
            Text(plain(column.replace("_", " "))), justify="right" if numbers else "left", overflow="fold"
        )
    for row in rows:
        table.add_row(*[Text(plain(_cell(row.get(column)))) for column in rows[0]])
    _console().print(table)
    if note:
        _console().print(plain(note), style="dim", markup=False, highlight=False)
    _console().print()


def say(text: str) -> None:
    """One paragraph on stdout, nothing in it taken for markup."""
    _console().print(
        "\n".join(plain(line, 5000) for line in text.split("\n")),
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def tell(text: str) -> None:
    """One line on stderr: what happens, not what was asked for."""
    sys.stderr.write("\n".join(plain(line, 5000) for line in text.splitlines()) + "\n")


@contextmanager
def watching() -> Iterator[Listener]:
    """Progress bars on stderr, one a stage, and the log lines of synthgen above them."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(24), MofNCompleteColumn(), TimeElapsedColumn(),
        TimeRemainingColumn(), TextColumn("{task.fields[seen]}", style="dim", markup=False),
    )  # fmt: skip
    handler = _Lines(console)
    if console.is_terminal:
        handler.addFilter(lambda record: not hasattr(record, "progress"))  # the bars show it
    logger = logging.getLogger("synthgen")
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        with Progress(*columns, console=console, refresh_per_second=4) as progress:
            yield _Bars(progress, live=console.is_terminal)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


class _Bars:
    """A bar a stage; where stderr is no terminal the stages' log lines are enough."""

    def __init__(self, progress: Any, live: bool) -> None:
        self._progress, self._live = progress, live
        self._bars: dict[str, Any] = {}

    def __call__(self, stage: str, done: int, total: int, seen: str) -> None:
        if not self._live:
            return
        bar = self._bars.get(stage)
        if bar is None or (done < self._progress.tasks[bar].completed and self._progress.tasks[bar].finished):
            bar = self._bars[stage] = self._progress.add_task(plain(stage), total=total, seen="")
        self._progress.update(bar, completed=done, total=total, seen=plain(seen, 60))


class _Lines(logging.Handler):
    def __init__(self, console: Any) -> None:
        super().__init__(logging.INFO)
        self._console = console

    def emit(self, record: logging.LogRecord) -> None:
        style = "yellow" if record.levelno >= logging.WARNING else "dim"
        self._console.print(
            plain(record.getMessage(), 1000), style=style, markup=False, highlight=False, soft_wrap=True
        )


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{k} {_cell(v)}" for k, v in value.items())
    if isinstance(value, list | tuple | set):
        return ", ".join(map(_cell, value))
    return "" if value is None else str(value)


def _console() -> Any:
    from rich.console import Console

    return Console(file=sys.stdout, width=None if sys.stdout.isatty() else 160)
