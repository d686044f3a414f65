from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest

from flows import server as prefect_server
from synthgen.errors import ServerError


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "example.org", "::"])
def test_only_this_machine_may_reach_the_server(host: str):
    with pytest.raises(ServerError, match="without a password"):
        prefect_server.start(host)


@pytest.fixture
def another_server() -> Iterator[int]:
    """Something that answers, but is no Prefect server."""
    there = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    thread = threading.Thread(target=there.serve_forever)
    thread.start()
    yield there.server_address[1]
    there.shutdown()
    thread.join()
    there.server_close()


def test_what_answers_but_is_not_prefect_is_not_used(another_server: int):
    assert not prefect_server.answers(f"http://127.0.0.1:{another_server}/api")


def test_nothing_there_is_no_answer():
    assert not prefect_server.answers("http://127.0.0.1:9/api")


@pytest.mark.server
def test_a_server_that_runs_is_found_and_not_started_twice(server: str):
    assert prefect_server.find() == server
    port = int(server.split(":")[2].split("/")[0])
    assert prefect_server.start(port=port).was_running


@pytest.mark.server
def test_a_port_in_use_is_said_with_the_remedy(server: str, another_server: int):
    with pytest.raises(ServerError, match=f"did not start at http://127.0.0.1:{another_server}/api.*--port"):
        prefect_server.start(port=another_server)
    assert prefect_server.find() == server


def test_the_active_profile_of_prefect_counts(tmp_path, monkeypatch):
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    monkeypatch.delenv("PREFECT_PROFILE", raising=False)
    (tmp_path / "profiles.toml").write_text(
        'active = "x"\n[profiles.x]\nPREFECT_API_URL = "http://127.0.0.1:9/api/"\n'
    )
    assert prefect_server.silent() == "http://127.0.0.1:9/api"
