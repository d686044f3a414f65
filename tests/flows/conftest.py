"""One real Prefect server for all tests here, with a home of its own, ended with the session."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flows import server as prefect_server

QUICK = """
name = "quick"
description = "Digits with two thin classes, filled by classical changes."
seed = 1
shard = 16
[source]
reader = "digits"
cut = { "6" = 12, "9" = 12 }
[targets]
counts = { "6" = 40, "9" = 40 }
[[generate]]
use = "image/affine"
turn_range = [-15, 15]
[[generate]]
use = "image/recolour"
[[filter]]
use = "readable"
[[filter]]
use = "near_copy"
"""

Command = Callable[..., subprocess.CompletedProcess[str]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The API address of a server that all processes of the session find."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith("PREFECT_")]:
            patch.delenv(name)
        patch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("prefect")))
        for name, value in prefect_server.SETTINGS.items():
            patch.setenv(name, value)
        started = prefect_server.start(port=free_port())
        patch.setenv("PREFECT_API_URL", f"{started.pages}/api")
        yield f"{started.pages}/api"
        prefect_server.stop()


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A cheap recipe in a folder of its own, where commands run."""
    path = tmp_path / "quick.toml"
    path.write_text(QUICK)
    return path


@pytest.fixture
def synthgen(tmp_path: Path) -> Command:
    """Runs the command line in the test's folder."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "flows.cli", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)

    return run


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the command line in the test's folder, and ends it with all that it started."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        log = (tmp_path / f"spawned-{len(started)}.log").open("w")
        with log:
            process = subprocess.Popen(
                [sys.executable, "-m", "flows.cli", *arguments],
                cwd=tmp_path, stdout=log, stderr=subprocess.STDOUT, text=True, start_new_session=True,
            )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture
def api(server: str) -> Callable[[str, Any], Any]:
    """Asks the server's REST API: POST with a body, GET without."""
    import json
    import urllib.request

    def ask(path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(server + path, data, {"content-type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    return ask
