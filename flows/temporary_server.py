"""A Prefect server that lasts as long as the process that needs it, also when that is killed."""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flows import server

ENDS_WITHIN_S = 20

_UNTIL_STDIN_ENDS = f"""
import os, runpy, signal, sys, threading, time
def watch():
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep({ENDS_WITHIN_S})
    os._exit(1)
threading.Thread(target=watch, daemon=True).start()
sys.argv = ["prefect", *sys.argv[1:]]
runpy.run_module("prefect", run_name="__main__")
"""
"""Whatever ends the process at the other end of the pipe, the pipe ends with it."""


@contextmanager
def temporary_server() -> Iterator[str]:
    """The API address of a server of one's own. Its runs are there when a server is started later."""
    port = _free_port()
    api_url = f"http://127.0.0.1:{port}/api"
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder, "server.log")
        with log.open("wb") as out:
            process = subprocess.Popen(
                [sys.executable, "-c", _UNTIL_STDIN_ENDS, *server.command("127.0.0.1", port)[3:]],
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=server.environment("127.0.0.1", port),
                start_new_session=True,  # Ctrl-C ends the run first, which then says so to the server
            )
        try:
            server.wait_until_up(process, api_url, log)
            yield api_url
        finally:
            _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
