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
def appearing(path: Path) -> Iterator[Path]:
    """A draft beside `path` that becomes it, synced, when the block ends well, and is gone when it does not."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.draft")
    try:
        yield draft
        sync(draft)
        draft.replace(path)
        sync(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def write(path: Path, data: bytes) -> None:
    """Write a file that appears whole."""
    with appearing(path) as draft:
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
def writing_to(place: Path) -> Iterator[None]:
    """Turn what the system or a storage library says about a failed write into a PublishError with a remedy."""
    try:
        yield
    except SynthgenError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        raise PublishError(_explain(place, error)) from error


def _explain(place: Path, error: Exception) -> str:
    said = str(error).splitlines()[0] if str(error) else type(error).__name__
    number = getattr(error, "errno", None)
    kept = "What was made so far is kept in its staging folder"
    if number == errno.ENOSPC or "No space left" in said or "os error 28" in said:
        return (
            f"the disk is full: {_free_mb(place):.1f} MB free at {place} ({said}). "
            f"{kept}: free some space and run again; it goes on from there."
        )
    if number == errno.EFBIG or "os error 27" in said:
        return (
            f"{place}: a file grew over the size that this process may write ({said}). "
            f"{kept}: raise the limit (`ulimit -f`) and run again; it goes on from there."
        )
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"may not write to {place} ({said}). Change its permissions, or give another place by --outputs."
        )
    if number in (errno.ENOTDIR, errno.EEXIST):
        return (
            f"cannot write to {place}: a file lies where a folder should be ({said}). "
            f"Move it away, or give another place by --outputs."
        )
    return f"cannot write to {place}: {said}. {kept}; mend this and run again."


def _free_mb(place: Path) -> float:
    there = next(p for p in (place, *place.absolute().parents) if p.exists())
    return shutil.disk_usage(there).free / 1e6
