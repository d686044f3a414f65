"""Class folders of pictures, with the lineage of each in metadata.jsonl."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from synthgen.export import Export, Exported, labels_of, samples
from synthgen.seeds import sha256
from synthgen.version import DatasetVersion

_MOST_BYTES = 80
_RESERVED = frozenset(
    {"con", "prn", "aux", "nul", "metadata.jsonl"}
    | {f"{port}{i}" for port in ("com", "lpt") for i in range(10)}
)
_NO_CLASS = "without-class"
_SAID = (
    "generator",
    "decision",
    "parents",
    "source_ids",
    "licence",
    "source_licences",
    "label_weights",
    "annotations",
)


class ImageFolder(Export):
    """A folder a class, as torchvision and `datasets` read them; metadata.jsonl says the rest.

    A class whose name cannot be a folder's on every system gets a like one; metadata.jsonl has the true name.
    """

    modality = "image"

    def _write(self, version: DatasetVersion, folder: Path, with_sources: bool) -> int:
        folders = folder_names(labels_of(version, with_sources))
        count = 0
        with (folder / "metadata.jsonl").open("w", encoding="utf-8") as lines:
            for sample in samples(version, with_sources):
                _write_one(sample, folder, folders.get(sample.label or "", _NO_CLASS), lines)
                count += 1
        return count


PLUGIN = ImageFolder


def folder_names(labels: Iterable[str]) -> dict[str, str]:
    """A folder name for each class: its own where that is safe on every system, else a like one with a hash."""
    names: dict[str, str] = {}
    taken = {_NO_CLASS}
    for label in sorted(set(labels)):
        name = label if _safe(label) and _folded(label) not in taken else _like(label)
        names[label] = name
        taken.add(_folded(name))
    return names


def _write_one(sample: Exported, folder: Path, name: str, lines: TextIO) -> None:
    (folder / name).mkdir(exist_ok=True)
    file_name = f"{name}/{sample.id}{sample.suffix}"
    (folder / file_name).write_bytes(sample.data)
    said = {key: sample.lineage.get(key) for key in _SAID}
    line = {
        "file_name": file_name,
        "label": sample.label,
        "id": sample.id,
        "synthetic": sample.synthetic,
        **said,
    }
    lines.write(json.dumps(line, ensure_ascii=False) + "\n")


def _safe(label: str) -> bool:
    """Whether a folder may be called so on Linux, macOS and Windows, and is no hidden or special one."""
    return (
        0 < len(label.encode()) <= _MOST_BYTES
        and label.isprintable()
        and not re.search(r'[/\\:*?"<>|]', label)
        and label == label.strip(" .")
        and _folded(label).split(".")[0] not in _RESERVED
        and _folded(label) not in _RESERVED
    )


def _like(label: str) -> str:
    words = re.sub(r"\W+", "-", label).strip("-").encode()[:40].decode(errors="ignore")
    return f"{words}-{sha256(label)[:12]}".lstrip("-")


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()
