"""A published dataset: its folder, its versions, and what lies beside them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from contextlib import AbstractContextManager
from datetime import UTC
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen import durable, mending
from synthgen.answers import Answers
from synthgen.errors import DatasetError
from synthgen.registry import near
from synthgen.seeds import sha256
from synthgen.version import DatasetVersion, VersionInfo, equals

if TYPE_CHECKING:
    import lance

__all__ = ["Dataset", "DatasetVersion", "VersionInfo", "equals", "open_dataset"]

log = logging.getLogger(__name__)
_LOOKED_THROUGH = 6  # fewer than the versions whose ids are held in memory
_TAG = re.compile(r"v(\d+)")


class Dataset:
    """A run's folder: `dataset.lance` with its versions, and beside it what these need (records, sources, models)."""

    def __init__(self, place: Path) -> None:
        self.place = Path(place)
        self.uri = self.place / "dataset.lance"
        self._seen: tuple[object, list[VersionInfo]] | None = None

    def __repr__(self) -> str:
        return f"Dataset({str(self.place)!r})"

    @property
    def exists(self) -> bool:
        """Whether anything was published here."""
        return any((self.uri / "_versions").glob("*.manifest"))

    @property
    def versions(self) -> list[VersionInfo]:
        """All versions, oldest first. One that a crash left without its tag gets it now."""
        stamp = mending.stamp(self.uri)
        if self._seen is None or self._seen[0] != stamp:
            if mending.torn(self.uri):
                self.repair()
            if self.exists and any(not info.tag for info in self._list()):
                self.repair()
            stamp = mending.stamp(self.uri)  # before the look: what comes meanwhile is seen by the next one
            self._seen = stamp, self._list() if self.exists else []
        return list(self._seen[1])

    @property
    def lost(self) -> list[str]:
        """Tags of versions that are not there any more."""
        there = {info.tag for info in self.versions}
        return sorted(t for t in self.newest_commit().tags.list() if _TAG.fullmatch(t) and t not in there)

    def open(self, tag: str | None = None) -> DatasetVersion:
        """The version of this tag, or the newest one."""
        versions = {info.tag: info for info in self.versions}
        if not versions:
            raise DatasetError(f"{self.place} holds no published version. Make one by `synthgen run`.")
        if tag is not None and tag not in versions:
            raise DatasetError(f"{self.place.name} has no version {tag!r}.{near(tag, versions)}")
        return DatasetVersion(self, versions[tag or list(versions)[-1]])

    def find_run(self, run_key: str) -> DatasetVersion | None:
        """The version that the run of this key published."""
        found = next((info for info in self.versions if info.run_key == run_key), None)
        return DatasetVersion(self, found) if found else None

    def model_folder(self, sha: str) -> Path:
        """Where the fitted model of this hash lies."""
        return self.place / "models" / sha

    def record_path(self, run_key: str) -> Path:
        """Where the record of a run lies."""
        return self.place / "records" / f"{run_key}.json"

    def source_path(self, sha: str) -> Path:
        """Where the raw bytes of a real item lie."""
        return self.place / "sources" / sha[:2] / sha

    def source_bytes(self, sha: str) -> bytes:
        """The raw bytes of a real item that a published sample descends from."""
        try:
            raw = self.source_path(sha).read_bytes()
        except OSError as error:
            raise DatasetError(f"{self.place.name} does not hold the source {sha}: {error}.") from error
        if sha256(raw) != sha:
            raise DatasetError(
                f"the source {sha} of {self.place.name} is damaged: it hashes to {sha256(raw)}."
            )
        return raw

    def keep_source(self, sha: str, raw: bytes) -> None:
        """Keep the raw bytes of a real item under their hash, once."""
        if not self.source_path(sha).exists():
            with durable.writing_to(self.place):
                durable.write(self.source_path(sha), raw)

    @cached_property
    def answers(self) -> Answers:
        """What remote models answered, by the hash of what they were asked."""
        return Answers(self.place / "answers")

    def rows_by_id(self, ids: Iterable[str], tag: str | None = None) -> dict[str, dict[str, Any]]:
        """The rows of these ids that are there, in one version, or else in any of the newest six."""
        missing, found = set(ids), {}
        versions = [info for info in self.versions if tag in (None, info.tag)]
        for info in reversed(versions[-_LOOKED_THROUGH:]):
            if missing:
                rows = DatasetVersion(self, info).rows_of(missing)
                found.update(rows)
                missing -= set(rows)
        return found

    def prepare(self) -> None:
        """Make the folders. PublishError if one may not write here."""
        with durable.writing_to(self.place):
            for name in ("records", "staging", "sources", "models"):
                (self.place / name).mkdir(parents=True, exist_ok=True)
            (self.place / ".lock").touch()

    def lock(self) -> AbstractContextManager[None]:
        """Hold this to write: one writer at a time, the others wait. Not reentrant."""
        return durable.locked(self.place / ".lock")

    def repair(self) -> list[str]:
        """Mend what a crash or power cut left behind; says what was done. Published versions are never touched."""
        with self.lock():
            return self.mend()

    def mend(self) -> list[str]:
        """`repair` for one who holds the lock."""
        if not self.uri.exists():
            return []
        done = mending.remove_torn(self.uri)
        if self.exists:
            for info in self._list():
                if not info.tag:
                    done.append(f"tagged {self.tag(info.number)}, which a crash had left without its name")
            done += mending.remove_left_over(self.uri)
        for line in done:
            log.warning("%s: %s", self.place.name, line)
        return done

    def tag(self, number: int) -> str:
        """Give a commit the next free `v<N>`, synced. For one who holds the lock."""
        tags = self.newest_commit().tags.list()
        tag = f"v{1 + max((int(m[1]) for t in tags if (m := _TAG.fullmatch(t))), default=0)}"
        self._tag(tag, number)
        return tag

    def _tag(self, tag: str, number: int) -> None:
        self.newest_commit().tags.create(tag, number)
        durable.sync(self.uri / "_refs" / "tags" / f"{tag}.json")
        for folder in ("_refs/tags", "_refs", "."):
            durable.sync(self.uri / folder)

    def approve(self, tag: str) -> None:
        """Give a version its second tag, `v2.approved`, synced; it may have it already."""
        version = self.open(tag)
        with durable.writing_to(self.place), self.lock():
            if f"{tag}.approved" not in self.newest_commit().tags.list():
                self._tag(f"{tag}.approved", version.number)
        self._seen = None

    def newest_commit(self) -> lance.LanceDataset:
        """The newest commit, opened anew."""
        import lance

        try:
            return lance.dataset(str(self.uri))
        except (OSError, ValueError, RuntimeError) as error:
            raise DatasetError(f"{self.uri} cannot be opened: {str(error).splitlines()[0]}") from error

    def _list(self) -> list[VersionInfo]:
        newest = self.newest_commit()
        try:
            tags = {name: tag["version"] for name, tag in newest.tags.list().items()}
            commits = [(c, newest.read_transaction(c["version"])) for c in newest.versions()]
        except (OSError, ValueError, RuntimeError) as error:
            said = str(error).splitlines()[0]
            raise DatasetError(f"the versions of {self.uri} cannot be listed: {said}") from error
        infos = []
        for commit, transaction in commits:
            names = [name for name, number in tags.items() if number == commit["version"]]
            tag = next((n for n in names if _TAG.fullmatch(n)), "")
            if run_key := transaction.transaction_properties.get("run_key"):
                at, approved = commit["timestamp"].astimezone(UTC), f"{tag}.approved" in names
                record = self.record_path(run_key)
                infos.append(VersionInfo(tag, commit["version"], run_key, at, approved, record))
        return infos


def open_dataset(name: str, outputs: Path = Path("outputs")) -> DatasetVersion:
    """The version that a command line names: `NAME`, `NAME@v2`, or a folder in place of the name."""
    place, tag = Path(name), None
    if not place.exists() and "@" in name:
        name, tag = name.rsplit("@", 1)
        place = Path(name)
    if place.name == "dataset.lance":
        place = place.parent
    for candidate in (outputs / name, place):
        if Dataset(candidate).exists:
            return Dataset(candidate).open(tag)
    known = sorted(p.parent.name for p in outputs.glob("*/dataset.lance"))
    raise DatasetError(f"no dataset {name!r}, neither in {outputs}/ nor as a folder.{near(name, known)}")
