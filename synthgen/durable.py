"""Files that survive a crash: they appear whole, are on the disk before anyone counts on them, one writer at a time."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synthgen.errors import PublishError, SynthgenError

log = logging.getLogger(__name__)


def sync(path: Path) -> None:
    """Bring a file's content, or a folder's names, to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def appearing(path: Path, *, synced: bool = True) -> Iterator[Path]:
    """A draft beside `path` that becomes it, synced, when the block ends well, and is gone when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.draft")
    try:
        yield draft
        if synced:
            sync(draft)
        draft.replace(path)
        if synced:
            sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def write(path: Path, data: bytes, *, synced: bool = True) -> None:
    """Write a file that appears whole; without `synced` a power cut may take it, or leave it empty."""
    with appearing(path, synced=synced) as draft:
        draft.write_bytes(data)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock file `path`; waits for whoever else holds it, in this process or another."""
    with writing_to(path.parent):
        file = path.open("a")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            log.info("another run writes to %s: waiting for it", path.parent)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def writing_to(place: Path, *, staged: bool = True) -> Iterator[None]:
    """Turn what the system or a storage library says about a failed write into a PublishError with a remedy.

    `staged` says that a run writes, which goes on from what it staged when it is started again.
    """
    try:
        yield
    except SynthgenError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        raise PublishError(_explain(place, error, staged)) from error


def _explain(place: Path, error: Exception, staged: bool) -> str:
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    number = getattr(error, "errno", None)
    other = "give another place by `--set publish.to=FOLDER`" if staged else "name another place"
    if number == errno.ENOSPC or "No space left" in said or "os error 28" in said:
        problem = f"the disk is full: {_free_mb(place):.1f} MB free at {place} ({said})."
        return f"{problem} {_remedy('free some space', staged)}"
    if number == errno.EFBIG or "os error 27" in said:
        problem = f"{place}: a file grew over the size that this process may write ({said})."
        return f"{problem} {_remedy('raise the limit (`ulimit -f`)', staged)}"
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"may not write to {place} ({said}). Change its permissions, or {other}."
    if number in (errno.ENOTDIR, errno.EEXIST):
        problem = f"cannot write to {place}: a file lies where a folder should be ({said})."
        return f"{problem} Move it away, or {other}."
    return f"cannot write to {place}: {said}. {_remedy('mend this', staged)}"


def _remedy(step: str, staged: bool) -> str:
    if not staged:
        return f"{step[0].upper()}{step[1:]} and run again."
    kept = "What was made so far is kept in its staging folder"
    return f"{kept}: {step} and run again; it goes on from there."


def _free_mb(place: Path) -> float:
    there = next(p for p in (place, *place.absolute().parents) if p.exists())
    return shutil.disk_usage(there).free / 1e6
