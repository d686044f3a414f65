"""Folders named after classes, and the files in them: the walk that readers of such sources share."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from synthgen.errors import SourceError, UnreadableItem
from synthgen.reader import Found, Quarantined, Split


def items(root: Path | None, split: Split, holding: str, suffix: str) -> Iterator[Found | Quarantined]:
    """Every file of every class folder, in a stable order, and what is refused at sight; `holding` says what kind of
    files is expected, `suffix` how one may end. Links out of the source or to folders, or hidden, are not read."""
    expected = f"One folder per class is expected, each holding {holding}"
    if root is None or not root.is_dir():
        what = "is not a folder" if root and root.exists() else "does not exist"
        raise SourceError(f"the {split} folder {str(root)!r} {what}. {expected}.")
    root = root.resolve()
    try:
        entries = sorted(os.scandir(root), key=lambda e: e.name)
    except OSError as error:
        raise SourceError(f"the {split} folder {str(root)!r} cannot be read: {error.strerror}.") from error
    if not any(_is_class(e) for e in entries):
        raise SourceError(
            f"the {split} folder {str(root)!r} holds no class folders, only {len(entries)} other entries. "
            f"{expected}: {root.name}/cat/1{suffix}, {root.name}/dog/2{suffix}."
        )
    for entry in entries:
        if not _is_class(entry):
            reason = _refused(entry, root) or "it lies beside the class folders, so its class is not known"
            yield Quarantined(_shown(entry.name), reason, split)
            continue
        empty = True
        for found in _walk(Path(entry.path), entry.name, root, split):
            empty = False
            yield found
        if empty:
            yield Quarantined(f"{entry.name}/", "the class folder is empty", split)


def raw(root: Path | None, place: str, max_bytes: int) -> bytes:
    """The bytes of a file inside the source. Raises UnreadableItem, before reading what is too large."""
    path = file_at(root, place)
    try:
        with path.open("rb") as file:
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise UnreadableItem(f"it cannot be read: {error.strerror}") from error
    if len(data) > max_bytes:
        raise UnreadableItem(f"it has {path.stat().st_size:,} bytes, more than max_bytes = {max_bytes:,}")
    return data


def file_at(root: Path | None, place: str) -> Path:
    """Where a file lies. Raises UnreadableItem if it is gone, or not inside the source."""
    base = (root or Path()).resolve()
    path = (base / place).resolve()
    if not path.is_relative_to(base):
        raise UnreadableItem("it lies outside the source folder")
    try:
        there = path.is_file()
    except OSError as error:
        raise UnreadableItem(f"it cannot be read: {error.strerror}") from error
    if not there:
        raise UnreadableItem("it is no file, or is gone")
    return path


def _walk(folder: Path, label: str, root: Path, split: Split) -> Iterator[Found | Quarantined]:
    try:
        entries = sorted(os.scandir(folder), key=lambda e: e.name)
    except OSError as error:
        yield Quarantined(
            _shown(folder.relative_to(root).as_posix()) + "/", f"it cannot be read: {error.strerror}", split
        )
        return
    for entry in entries:
        place = Path(entry.path).relative_to(root).as_posix()
        if reason := _refused(entry, root):
            yield Quarantined(_shown(place), reason, split)
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), label, root, split)
        else:
            yield Found(place, label)


def _is_class(entry: os.DirEntry[str]) -> bool:
    return entry.is_dir(follow_symlinks=False) and entry.name[0] != "." and _shown(entry.name) == entry.name


def _refused(entry: os.DirEntry[str], root: Path) -> str | None:
    """Why an entry is not read, as far as its name and kind tell."""
    if _shown(entry.name) != entry.name:
        return "its name is not valid UTF-8"
    if entry.name.startswith("."):
        return f"it is hidden: {'folders' if entry.is_dir() else 'files'} with a leading dot are not read"
    if entry.is_symlink():
        target = Path(os.path.realpath(entry.path))
        if not target.is_relative_to(root):
            return "it is a link that leaves the source folder"
        if not target.exists():
            return "it is a link to nothing"
        if target.is_dir():
            return "it is a link to a folder; its files are read where they lie"
    if not entry.is_dir() and not stat.S_ISREG(entry.stat().st_mode):
        return "it is no regular file"
    return None


def _shown(name: str) -> str:
    """The name as text that can be stored; bytes that are no UTF-8 are written out."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")
