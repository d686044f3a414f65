from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from synthgen.errors import RecipeError

pytestmark = pytest.mark.server


@pytest.fixture
def prefect_here(server: str) -> Iterator[None]:
    """This process talks to the session's server, whatever Prefect was told when it was imported."""
    from prefect.settings import PREFECT_API_URL, PREFECT_LOGGING_EXTRA_LOGGERS, temporary_settings

    with temporary_settings({PREFECT_API_URL: server, PREFECT_LOGGING_EXTRA_LOGGERS: "synthgen"}):
        yield


def in_a_flow(function: Any, workers: int = 2) -> Any:
    from prefect import flow

    from flows.executor import PrefectExecutor

    @flow(name="test")
    def run() -> None:
        box.append(function(PrefectExecutor(workers)))

    box: list[Any] = []
    run()
    return box[0]


def labels(n: int) -> list[str]:
    return [f"shard {i + 1} of {n}: {{16}} by <image/gan>" for i in range(n)]


def test_answers_come_in_the_order_of_the_labels(prefect_here):
    def square(i: int) -> int:
        time.sleep(0.02 * (i % 3))
        return i * i

    assert in_a_flow(lambda e: e.map("make", square, labels(20))) == [i * i for i in range(20)]


def test_what_a_call_returns_stays_the_very_object(prefect_here):
    thing = object()
    assert in_a_flow(lambda e: e.call("read", lambda x: x, thing)) is thing


def test_quick_items_share_tasks_and_task_runs_carry_their_names(prefect_here, api):
    before = {t["id"] for t in api("/task_runs/filter", {"limit": 200})}
    in_a_flow(lambda e: e.map("make", lambda i: i, labels(60)))
    time.sleep(2)  # task runs reach the server as events
    names = [t["name"] for t in api("/task_runs/filter", {"limit": 200}) if t["id"] not in before]
    assert 4 <= len(names) <= 14
    assert labels(60)[0] in names
    assert any(" … " in name for name in names)


def test_at_most_workers_run_at_once(prefect_here):
    now, most = [0], [0]

    def busy(i: int) -> None:
        now[0] += 1
        most[0] = max(most[0], now[0])
        time.sleep(0.05)
        now[0] -= 1

    in_a_flow(lambda e: e.map("make", busy, labels(12)), workers=2)
    assert most[0] == 2


def test_a_shard_that_fails_by_accident_is_tried_again_and_no_other_is(prefect_here):
    tries = Counter[int]()

    def flaky(i: int) -> int:
        tries[i] += 1
        if i == 2 and tries[i] == 1:
            raise OSError("the disk was busy")
        return i

    assert in_a_flow(lambda e: e.map("make", flaky, labels(6))) == list(range(6))
    assert tries == Counter({0: 1, 1: 1, 2: 2, 3: 1, 4: 1, 5: 1})


def test_a_deliberate_error_is_not_tried_again_and_keeps_its_class(prefect_here):
    tries = Counter[int]()

    def refuses(i: int) -> None:
        tries[i] += 1
        raise RecipeError("no")

    with pytest.raises(RecipeError, match="no"):
        in_a_flow(lambda e: e.map("make", refuses, labels(1)))
    assert tries == Counter({0: 1})


def test_progress_is_heard_while_shards_are_made(prefect_here):
    from flows.executor import listener

    heard: list[tuple[str, int, int]] = []
    token = listener.set(lambda stage, done, total, seen: heard.append((stage, done, total)))
    try:
        in_a_flow(lambda e: e.map("make", lambda i: i, labels(5)))
    finally:
        listener.reset(token)
    assert sorted(heard) == [("make", i, 5) for i in range(1, 6)]


def test_library_logs_reach_the_server(prefect_here, api, server):
    code = (
        "import logging\nfrom flows import server\nserver.configure()\nlogging.getLogger('synthgen').setLevel('INFO')\n"
        "from prefect import flow\nfrom flows.executor import PrefectExecutor\n"
        "@flow\ndef f():\n"
        "    PrefectExecutor(1).call('x', logging.getLogger('synthgen.stages.fit').info, 'trained a gan')\n"
        "f()"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        env={**os.environ, "PREFECT_API_URL": server},
        capture_output=True,
    )
    until = time.monotonic() + 15
    while not any(m["message"] == "trained a gan" for m in api("/logs/filter", {"limit": 200})):
        assert time.monotonic() < until, "the log line did not arrive"
        time.sleep(0.3)
