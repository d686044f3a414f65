from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from flows import server

pytestmark = pytest.mark.server
CHILD = """
import time
from flows.temporary_server import temporary_server
with temporary_server() as url:
    print(url, flush=True)
    time.sleep(600)
"""


def answered(url: str, there: bool) -> bool:
    """Whether the server answers, or answers no more, within a minute: on a busy machine either takes a while."""
    until = time.monotonic() + 60
    while server.answers(url) != there:
        if time.monotonic() > until:
            return False
        time.sleep(0.2)
    return True


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_it_ends_with_the_process_that_needed_it(tmp_path, monkeypatch, how):
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stdout
        url = child.stdout.readline().strip()
        try:
            assert answered(url, True), "it does not answer"
            child.send_signal(how)
            child.wait(60)
        finally:
            child.kill()
    assert answered(url, False), "it is still there"
