"""The Prefect server on this machine: find one that answers, start one, stop the one that was started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import tomllib
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from synthgen.errors import ServerError

PORT = 4200
LOOPBACK = ("127.0.0.1", "localhost", "::1")
STARTS_WITHIN_S = 120  # 4 to 11 s on a quiet machine

SETTINGS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_EXTRA_LOGGERS": "synthgen",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_RESULTS_DEFAULT_SERIALIZER": "json",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "true",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": str(STARTS_WITHIN_S),  # for flows that others start
}


class Started(NamedTuple):
    """Where the server's pages are, its process, and whether it was there before."""

    pages: str
    pid: int | None
    was_running: bool


def configure(api_url: str | None = None, *, quiet: bool = False) -> None:
    """Set what Prefect reads from the environment when it is first imported; what the user set stays.

    `quiet` leaves the terminal to synthgen's own output: Prefect's logs still go to the server.
    """
    for key, value in SETTINGS.items():
        os.environ.setdefault(key, value)
    if quiet:
        os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    if api_url:
        os.environ["PREFECT_API_URL"] = api_url


def find() -> str | None:
    """The API address of a Prefect server that answers: the configured one, the one `start` made, or port 4200."""
    return next((url for url in _candidates() if answers(url)), None)


def running() -> Started | None:
    """The server that answers, if there is one."""
    url = find()
    return Started(url.removesuffix("/api"), _pid(url), True) if url else None


def silent() -> str | None:
    """The configured API address if nothing answers there."""
    url = _configured()
    return url if url and not answers(url) else None


def answers(api_url: str, timeout_s: float = 3) -> bool:
    """Whether a Prefect server answers at this API address."""
    try:
        with _opener(api_url).open(f"{api_url}/health", timeout=timeout_s) as reply:
            return bool(reply.status == 200 and reply.read(16).strip() == b"true")
    except (OSError, ValueError, urllib.error.URLError):
        return False


def start(host: str = "127.0.0.1", port: int = PORT) -> Started:
    """A server on this machine that stays after this process: the one that answers, or a new one."""
    refuse_others(host)
    api_url = f"http://{_in_url(host)}:{port}/api"
    if answers(api_url):
        return Started(api_url.removesuffix("/api"), _pid(api_url), True)
    log = _home() / "synthgen-server.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        process = subprocess.Popen(
            command(host, port),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=environment(host, port),
            start_new_session=True,
        )
    wait_until_up(process, api_url, log)
    process.returncode = 0  # it is meant to outlive this process: no warning about that
    _record().write_text(json.dumps({"url": api_url, "pid": process.pid}), encoding="utf-8")
    return Started(api_url.removesuffix("/api"), process.pid, False)


def wait_until_up(process: subprocess.Popen[bytes], api_url: str, log: Path) -> None:
    """Return once the server answers. Raises ServerError with the end of its log if it doesn't."""
    until = time.monotonic() + STARTS_WITHIN_S
    while not answers(api_url):
        if process.poll() is not None or time.monotonic() > until:
            process.kill()
            raise ServerError(
                f"the Prefect server did not start at {api_url}; the end of its log ({log}) says: {_tail(log)} "
                f"If something else uses the port, take another one: synthgen ui --port {PORT + 100}"
            )
        time.sleep(0.2)


def run_here(host: str, port: int) -> int:
    """Run the server in the foreground until it is interrupted; its exit code."""
    refuse_others(host)
    return subprocess.run(command(host, port), env=environment(host, port), check=False).returncode


def stop() -> str | None:
    """End the server that `start` made; its address, or None where there is none."""
    import psutil

    record = _recorded()
    _record().unlink(missing_ok=True)
    try:
        process = psutil.Process(record["pid"])
        if "prefect" not in " ".join(process.cmdline()):  # the number was given to another process since
            return None
        process.terminate()
        process.wait(30)
    except (KeyError, psutil.NoSuchProcess):
        return None
    except psutil.TimeoutExpired:
        process.kill()
    return str(record["url"])


def command(host: str, port: int) -> list[str]:
    """The command that runs a server."""
    return [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", str(port)]


def environment(host: str, port: int) -> dict[str, str]:
    """What a server starts with. No page of another site may call the server from the user's browser."""
    address = f"http://{_in_url(host)}:{port}"
    return {
        **os.environ,
        **{key: os.environ.get(key, value) for key, value in SETTINGS.items()},
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": address,
        "PREFECT_API_URL": f"{address}/api",
    }


def refuse_others(host: str) -> None:
    """Raise ServerError for a host that other machines reach."""
    if host not in LOOPBACK:
        raise ServerError(
            f"the server would listen on {host!r}, where others reach it: whoever does can start runs and read "
            f"the pictures, without a password. Use 127.0.0.1, and an SSH tunnel from another machine."
        )


def _candidates() -> Iterator[str]:
    seen = [_configured(), _recorded().get("url"), f"http://127.0.0.1:{PORT}/api"]
    return (url for url in dict.fromkeys(seen) if url)


def _configured() -> str | None:
    """PREFECT_API_URL from the environment or Prefect's active profile, without the second that importing it takes."""
    if url := os.environ.get("PREFECT_API_URL"):
        return url.rstrip("/")
    profiles = _home() / "profiles.toml"
    try:
        found = tomllib.loads(profiles.read_text(encoding="utf-8"))
        url = found["profiles"][os.environ.get("PREFECT_PROFILE") or found["active"]].get("PREFECT_API_URL")
    except (OSError, ValueError, KeyError):
        return None
    return str(url).rstrip("/") if url else None


def _home() -> Path:
    return Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()


def _record() -> Path:
    return _home() / "synthgen-server.json"


def _recorded() -> dict[str, Any]:
    try:
        record = json.loads(_record().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _pid(api_url: str) -> int | None:
    record = _recorded()
    return record.get("pid") if record.get("url") == api_url else None


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Loopback is asked directly: a proxy of the environment would look for it on its own machine."""
    local = url.split("//")[-1].startswith(tuple(_in_url(host) for host in LOOPBACK))
    return urllib.request.build_opener(*[urllib.request.ProxyHandler({})] if local else [])


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return " / ".join(lines[-3:]) or "nothing."
