"""Videos from files, opened in a process of their own that can be stopped."""

from __future__ import annotations

import atexit
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from synthgen.errors import UnreadableItem


class Child:
    """One process that opens videos; started when it is first asked, and again after it was stopped."""

    def __init__(self, memory_mb: int) -> None:
        self._memory_mb = memory_mb
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def ask(self, request: dict[str, Any], seconds: float) -> tuple[dict[str, Any], bytes]:
        """The answer and its bytes. Raises UnreadableItem with the reason where there is none."""
        with self._lock:
            process = self._started()
            try:
                said, data = self._answer(process, request, time.monotonic() + seconds)
            except TimeoutError:
                self.stop()
                raise UnreadableItem(f"it took more than {seconds:g} s to open (max_seconds)") from None
            except (OSError, ValueError, EOFError):
                self.stop()
                raise UnreadableItem(
                    "opening it ended the process that tried: it is damaged, or far too large"
                ) from None
        if "refused" in said:
            raise UnreadableItem(str(said["refused"]))
        return said, data

    def stop(self) -> None:
        """End the process, if there is one."""
        process, self._process = self._process, None
        if process and self._owner == os.getpid():
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe:
                    pipe.close()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self.stop()
            self._process = subprocess.Popen(
                [sys.executable, "-m", "synthgen.models.video_child", str(self._memory_mb)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                env={k: v for k, v in os.environ.items() if k != "PYTHONWARNINGS"}
                | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip
            self._owner = os.getpid()
        return self._process

    def _answer(
        self, process: subprocess.Popen[bytes], request: dict[str, Any], until: float
    ) -> tuple[dict[str, Any], bytes]:
        if process.stdin is None or process.stdout is None:
            raise OSError("the process has no pipes")
        process.stdin.write(json.dumps(request).encode() + b"\n")
        process.stdin.flush()
        had = bytearray()
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            while b"\n" not in had:
                had += self._more(waiting, process.stdout, until)
            line, _, data = bytes(had).partition(b"\n")
            said = json.loads(line)
            rest = bytearray(data)
            while len(rest) < said["bytes"]:
                rest += self._more(waiting, process.stdout, until)
        return said, bytes(rest)

    @staticmethod
    def _more(waiting: selectors.BaseSelector, pipe: Any, until: float) -> bytes:
        if not waiting.select(max(0.0, until - time.monotonic())):
            raise TimeoutError
        some = os.read(pipe.fileno(), 1 << 20)
        if not some:
            raise EOFError
        return some


_children: dict[int, Child] = {}
_vouched: set[tuple[Any, ...]] = set()


def child(memory_mb: int) -> Child:
    """The process for this memory limit."""
    if memory_mb not in _children:
        _children[memory_mb] = Child(memory_mb)
        atexit.register(_children[memory_mb].stop)
    return _children[memory_mb]


def length_s(path: Path, memory_mb: int, seconds: float) -> float:
    """How long the file says that it is. Raises UnreadableItem."""
    said, _ = child(memory_mb).ask({"what": "length", "path": str(path)}, seconds)
    return float(said["seconds"])


def mp4(
    path: Path, window: tuple[float, float] | None, *, size: tuple[int, int] | None, max_pixels: int, max_frames: int,
    memory_mb: int, seconds: float,
) -> bytes:  # fmt: skip
    """The video of a file, or what begins in a window of it, as a clip's MP4; every frame decoded once a process.

    Raises UnreadableItem.
    """
    about = path.stat()
    key = (str(path), about.st_mtime_ns, about.st_size, window, size)
    request = {
        "what": "clip", "path": str(path), "window": window, "size": size, "max_pixels": max_pixels,
        "max_frames": max_frames, "verify": key not in _vouched,
    }  # fmt: skip
    _, data = child(memory_mb).ask(request, seconds)
    _vouched.add(key)
    return data
