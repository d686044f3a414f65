"""An export writes the kept samples of a version in another format, whole or not at all."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from synthgen import registry
from synthgen.durable import writing_to
from synthgen.errors import DatasetError, PublishError
from synthgen.modality import Modality
from synthgen.rows import schema
from synthgen.seeds import canonical
from synthgen.version import DatasetVersion, equals

LEFT_OUT = frozenset({"payload", "run_id", "shard_key"})


@dataclass(frozen=True, slots=True)
class Exported:
    """One sample on its way out. `lineage` has the columns of a version but the payload; of a real one what applies."""

    id: str
    label: str | None
    synthetic: bool
    data: bytes
    suffix: str
    lineage: dict[str, Any]


class Export:
    """Base of all exports: a subclass fills `_write`. No settings, no state."""

    modality: ClassVar[str | None] = None
    """The payload type it can hold; None for all."""

    def write(self, version: DatasetVersion, folder: Path, *, with_sources: bool = False) -> int:
        """Write the kept samples into a new or empty folder and return how many; the folder appears when all are there.

        `with_sources` adds the real train samples that anything in the version was made from. Raises DatasetError for
        another modality, PublishError where the folder is not empty or cannot be written.
        """
        held = version.record["modality"]
        if self.modality not in (None, held):
            raise DatasetError(
                f"this format holds {self.modality}, but {version!r} {held}. See `synthgen list exports`."
            )
        with _appearing(folder) as draft:
            return self._write(version, draft, with_sources)

    def _write(self, version: DatasetVersion, folder: Path, with_sources: bool) -> int:
        raise NotImplementedError


def samples(version: DatasetVersion, with_sources: bool) -> Iterator[Exported]:
    """The kept samples in the order of the version, streamed, then the real ones if they are wanted."""
    suffix = modality_of(version).suffix
    columns = [name for name in schema().names if name not in LEFT_OUT or name == "payload"]
    for row in version.rows(columns, where=equals("decision", "kept")):
        data = row.pop("payload")
        yield Exported(row["id"], row["label"], True, data, suffix, row)
    if with_sources:
        yield from _real(version)


def labels_of(version: DatasetVersion, with_sources: bool) -> list[str]:
    """All classes of the source, sorted: their numbers are the same whatever an export holds. None if one has none."""
    said = version.record["source"]["counts"].get("train", {})
    rows = version.rows(["label"], where=equals("decision", "kept"))
    found = {row["label"] for row in rows} | {
        item["label"] for item in _train(version).values() if with_sources
    }
    return sorted((found | set(said)) - {None}) if found - {None} else []


def modality_of(version: DatasetVersion) -> Modality:
    """The payload type of a version."""
    modality: Modality = registry.find("modalities", version.record["modality"])()
    return modality


def _train(version: DatasetVersion) -> dict[str, Any]:
    return {i: item for i, item in version.record["sources"].items() if item["split"] == "train"}


def _real(version: DatasetVersion) -> Iterator[Exported]:
    """Real samples, encoded anew: the user's files may carry places and names in their metadata."""
    said, modality = version.record["recipe"]["source"], modality_of(version)
    reader = registry.find("readers", said["reader"]).model_validate(said["settings"])
    licence = version.record["source"]["licence"]
    for sample, item in sorted(_train(version).items()):
        payload = reader.decode(version.dataset.source_bytes(item["sha256"]))
        lineage = {
            "licence": licence,
            "split": "train",
            "modality": modality.name,
            "parents": [],
            "source_ids": [],
            "annotations": canonical(item["annotations"]).decode() if item.get("annotations") else None,
        }
        yield Exported(
            sample,
            item["label"],
            False,
            modality.encode(payload, {}),
            modality.suffix,
            lineage | {"id": sample},
        )


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PublishError(f"{folder} is not an empty folder. Name one that does not exist yet, or empty it.")
    folder = folder.absolute()
    draft = folder.with_name(f".{folder.name}.{uuid.uuid4().hex[:8]}.draft")
    with writing_to(folder, staged=False):
        draft.mkdir(parents=True)
        try:
            yield draft
            draft.replace(folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
