"""The pipeline's executor that runs stages and shards as Prefect tasks."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext
from prefect.utilities.annotations import quote

from flows.secret_block import secret_block
from flows.terminal import Listener, unheard
from synthgen import keys
from synthgen.errors import SynthgenError

if TYPE_CHECKING:
    from prefect.futures import PrefectFuture

    from synthgen.generator import Progress

log = logging.getLogger("synthgen")
keys.RESOLVERS["prefect"] = secret_block
listener: ContextVar[Listener] = ContextVar("listener", default=unheard)
"""Who is told of progress: the terminal, if a person started the flow there."""

TASK_S = 2.0
"""Work worth a task of its own: one costs the server 30 to 40 ms."""
MOST_ITEMS = 16
LOG_EVERY_S = 10.0


def _worth_another_try(_task: Any, _run: Any, state: Any) -> bool:
    """A deliberate error says that it would fail again; what the machine did may pass."""
    return not isinstance(state.result(raise_on_failure=False), SynthgenError)


@task(task_run_name="{label}", cache_policy=NO_CACHE, persist_result=False)
def _stage(label: str, work: Callable[[], None]) -> None:
    work()


@task(
    task_run_name="{label}",
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=2,
    retry_delay_seconds=1,
    retry_condition_fn=_worth_another_try,
)
def _shards(label: str, work: Callable[[], None]) -> None:
    work()


class PrefectExecutor:
    """Calls become task runs, in order; mapped items become task runs of about two seconds, `workers` at a time.

    Prefect sees names alone: arguments and results stay in this process, so nothing is walked, pickled or kept.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._listen = listener.get()

    def call(self, name: str, function: Callable[..., Any], *args: Any) -> Any:
        """What function(*args) returns, run as one task."""
        box: list[Any] = []
        _stage.with_options(name=name)(name, quote(lambda: box.append(function(*args))))
        return box[0]

    def map(self, name: str, function: Callable[[int], Any], labels: Sequence[str]) -> list[Any]:
        """What function(0), function(1), ... return, one for each label, in their order; the first error ends it."""
        with self.progress(name) as progress:
            return _Map(name, function, labels, self._workers, progress).run()

    @contextmanager
    def progress(self, name: str) -> Iterator[Progress]:
        """Tells the terminal, and the run's log every ten seconds."""
        last = time.monotonic()

        def report(done: int, total: int, seen: str) -> None:
            nonlocal last
            self._listen(name, done, total, seen)
            if time.monotonic() - last >= LOG_EVERY_S:
                last = time.monotonic()
                more = f", {seen}" if seen else ""
                log.info("%s: %d of %d%s", name, done, total, more, extra={"progress": True})

        yield report


@dataclass
class _Map:
    """One mapped stage. A task takes several items where these are quick; tried again, it skips what it has."""

    name: str
    function: Callable[[int], Any]
    labels: Sequence[str]
    workers: int
    report: Progress
    results: dict[int, Any] = field(default_factory=dict)
    seconds: dict[int, float] = field(default_factory=dict)

    def run(self) -> list[Any]:
        one = _shards.with_options(name=self.name)
        finished: SimpleQueue[tuple[PrefectFuture[None], range]] = SimpleQueue()
        running, start, size = 0, 0, 1
        failure: Exception | None = None
        while running or (start < len(self.labels) and failure is None):
            while running < self.workers and start < len(self.labels) and failure is None:
                part = range(start, min(start + size, len(self.labels)))
                future = one.submit(self._label(part), quote(self._work(part)))
                future.add_done_callback(lambda f, part=part: finished.put((f, part)))
                running, start = running + 1, part.stop
            future, part = finished.get()
            running -= 1
            try:
                future.result()
            except Exception as error:  # raised below, once the other tasks have ended
                failure = failure or error
            size = self._next_size(part, len(self.labels) - start)
        if failure is not None:
            raise failure
        return [self.results[i] for i in range(len(self.labels))]

    def _work(self, part: range) -> Callable[[], None]:
        def work() -> None:
            for i in part:
                if i not in self.results:
                    began = time.monotonic()
                    self.results[i] = self.function(i)
                    self.seconds[i] = time.monotonic() - began
                    self.report(len(self.results), len(self.labels), self.labels[i])

        return work

    def _next_size(self, part: range, left: int) -> int:
        """As many items as two seconds hold, judged by the last task; at most twice as many as it had."""
        each = sum(self.seconds.get(i, TASK_S) for i in part) / len(part)
        fair = -(-left // self.workers)
        return max(1, min(int(TASK_S / max(each, 1e-6)), 2 * len(part), fair, MOST_ITEMS))

    def _label(self, part: range) -> str:
        return " … ".join(dict.fromkeys((self.labels[part[0]], self.labels[part[-1]])))


def in_flow() -> bool:
    """Whether this code runs inside a Prefect flow run, and not by `.fn`."""
    return FlowRunContext.get() is not None
