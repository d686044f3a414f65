"""Check a version against what it says of itself: every hash, every parent, every count."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from synthgen.balance import check_jobs, check_sources
from synthgen.dataset import DatasetVersion
from synthgen.digest import Digest
from synthgen.errors import BalanceError, DatasetError
from synthgen.generator import Progress
from synthgen.sample import source_id
from synthgen.seeds import file_sha256, folder_sha256

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it was published: in which part, of which id, hash or tag, and what is wrong."""

    part: str
    id: str
    says: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What was looked at, and every problem found."""

    name: str
    checked: dict[str, int]
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Whether everything is as it was published."""
        return not self.problems


def verify(version: DatasetVersion, progress: Progress | None = None) -> Verification:
    """Read everything that a version names and compare hashes, lineage, counts and digest; all versions must open.

    A problem is no error: all are listed, so that one damaged sample does not hide another.
    """
    checking = _Checking(version, progress or (lambda done, total, seen: None))
    problems = [
        *checking.versions(),
        *checking.record(),
        *checking.rows(),
        *checking.whole(),
        *checking.sources(),
        *checking.models(),
        *checking.answers(),
    ]
    name = f"{version.dataset.place.name}@{version.tag}"
    return Verification(name, dict(checking.checked), tuple(problems))


@dataclass
class _Checking:
    version: DatasetVersion
    progress: Progress
    checked: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    digest: Digest = field(default_factory=Digest)
    parents: set[str] = field(default_factory=set)
    named_models: set[str] = field(default_factory=set)
    named_answers: set[str] = field(default_factory=set)

    def versions(self) -> Iterator[Problem]:
        for info in self.version.dataset.versions:
            self.checked["versions"] += 1
            try:
                there, said = len(DatasetVersion(self.version.dataset, info)), info.record["counts"]["jobs"]
                if there != said:
                    yield Problem("version", info.tag, f"has {there} rows, its record says {said}")
            except DatasetError as error:
                yield Problem("version", info.tag, str(error))

        for tag in self.version.dataset.lost:
            yield Problem("version", tag, "the tag is there, but not the version that it names")

    def record(self) -> Iterator[Problem]:
        path = self.version.info.record_path
        if path.exists() and file_sha256(path) != self.version.properties["record_sha256"]:
            yield Problem("record", path.stem, "the record was changed after it was published")
        try:
            check_sources(self.said)
        except BalanceError as error:
            yield Problem("record", path.stem, str(error))

    @property
    def said(self) -> dict[str, Any]:
        """The record; what verify needs of it is empty if it is lost, which `versions` reports."""
        try:
            return self.version.record
        except DatasetError:
            nothing = {"items": 0, "read": 0, "quarantined": []}
            return {"source": nothing, "sources": {}, "models": {}, "counts": {}, "lost": True}

    def rows(self) -> Iterator[Problem]:
        total = len(self.version)
        try:
            for batch in self.version.batches():
                yield from self._payloads(batch)
                self._note(batch)
                self.checked["rows"] += len(batch)
                self.progress(self.checked["rows"], total, "")
        except DatasetError as error:
            yield Problem("rows", f"from {self.checked['rows']} of {total}", str(error))

    def _payloads(self, batch: pa.RecordBatch) -> Iterator[Problem]:
        names = ("id", "decision", "payload_sha256", "payload_bytes", "payload")
        for sample, decision, sha, size, payload in zip(*(batch.column(n) for n in names), strict=True):
            if payload.is_valid:
                self.checked["payloads"] += 1
                data = payload.as_buffer()
                if hashlib.sha256(data).hexdigest() != sha.as_py() or data.size != size.as_py():
                    yield Problem("payload", sample.as_py(), "the payload is not the one that was published")
            elif decision.as_py() in ("kept", "surplus"):
                yield Problem("payload", sample.as_py(), f"{decision.as_py()}, but has no payload")

    def _note(self, batch: pa.RecordBatch) -> None:
        self.digest.add(batch)
        self.counts.update(batch.column("decision").to_pylist())
        for name in ("parents", "source_ids"):
            self.parents.update(batch.column(name).flatten().to_pylist())
        self.named_models.update(batch.column("model_sha256").flatten().drop_null().to_pylist())
        self.named_answers.update(batch.column("answers").flatten().to_pylist())

    def whole(self) -> Iterator[Problem]:
        if self.checked["rows"] < len(self.version):
            return
        for sample in self.digest.doubled:
            yield Problem("rows", sample, "this id is there more than once")
        if (now := self.digest.value()) != self.version.digest:
            yield Problem("digest", self.version.tag, f"the rows hash to {now}, not to {self.version.digest}")
        if "lost" not in self.said:
            try:
                check_jobs(self.said, self.counts)
            except BalanceError as error:
                yield Problem("record", self.version.tag, str(error))

    def sources(self) -> Iterator[Problem]:
        known = self.said["sources"]
        for parent in sorted(
            self.parents - set(known) - set(self.version.rows_of(self.parents - set(known)))
        ):
            yield Problem(
                "source", parent, "samples descend from it, but neither sources/ nor the rows hold it"
            )
        for sample, item in known.items():
            self.checked["sources"] += 1
            if source_id(item["place"], item["sha256"]) != sample:
                yield Problem("source", sample, f"{item['place']} with this content has another id")
            try:
                self.version.dataset.source_bytes(item["sha256"])
            except DatasetError as error:
                yield Problem("source", sample, str(error))

    def models(self) -> Iterator[Problem]:
        known = self.said["models"]
        for sha in sorted(self.named_models - set(known)):
            yield Problem("model", sha, "samples were made by it, but the record does not name it")
        for sha, said in known.items():
            if said.get("given") or not (weights := said.get("weights_sha256")):
                continue  # the user's own model: it lies where the recipe says, not here
            self.checked["models"] += 1
            folder = self.version.dataset.model_folder(weights)
            if not folder.is_dir():
                yield Problem("model", sha, f"{folder.name} is not in models/")
            elif folder_sha256(folder) != weights:
                yield Problem("model", sha, f"models/{weights} is not what was trained: its hash is another")

    def answers(self) -> Iterator[Problem]:
        known = self.said.get("answers", {})
        for key in sorted(self.named_answers - set(known)):
            yield Problem("answer", key, "samples were made from it, but the record does not name it")
        for key in known:
            self.checked["answers"] += 1
            try:
                self.version.answers[key]
            except DatasetError as error:
                yield Problem("answer", key, str(error))
