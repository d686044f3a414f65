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


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_it_ends_with_the_process_that_needed_it(tmp_path, monkeypatch, how):
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with subprocess.Popen(
        [sys.executable, "-c", CHILD], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stdout
        url = child.stdout.readline().strip()
        assert server.answers(url)
        child.send_signal(how)
        child.wait(60)
    until = time.monotonic() + 60
    while server.answers(url):
        assert time.monotonic() < until, "it is still there"
        time.sleep(0.2)
