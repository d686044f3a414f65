"""Turn staged shards into the next version of a dataset: whole or not at all, once."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen import durable, staging
from synthgen.balance import check_jobs, check_sources
from synthgen.dataset import Dataset, DatasetVersion
from synthgen.digest import Digest
from synthgen.errors import BalanceError, OutdatedBase
from synthgen.mending import manifest_path
from synthgen.rows import CANDIDATE, DECISIONS, OUTSIDE_DIGEST, schema
from synthgen.seeds import canonical, sha256

if TYPE_CHECKING:
    import lance
    import pyarrow as pa

log = logging.getLogger(__name__)
_WRITE_BUFFER_BYTES = 64 * 2**20


def publish(
    dataset: Dataset, record: Mapping[str, Any], staged: Sequence[Path], decisions: Mapping[str, str],
    base: DatasetVersion | None = None, keep_rejected: bool = True, reasons: Mapping[str, str] | None = None,
) -> DatasetVersion:  # fmt: skip
    """Publish staged shards as the next version, or return the one that this run has published before.

    `decisions` says kept or surplus for each staged candidate, `reasons` why it is surplus. With a `base`, which has
    to be the newest version, the rows are added to its rows; else the version holds these rows alone. `record` is kept
    beside them; its `counts` are those of the whole version. Raises BalanceError if an item or job is missing or
    doubled, OutdatedBase if another run was faster, PublishError if the disk refuses: nothing is published then, and
    the staged shards stay.
    """
    check_sources(record)
    dataset.prepare()
    with dataset.lock():
        dataset.mend()
        run_key = record["run_key"]
        if found := dataset.find_run(run_key):
            return found
        if base and (newest := dataset.open()).tag != base.tag:
            raise OutdatedBase(f"{newest!r} was published while this run added to {base.tag}. Run again.")
        with durable.writing_to(dataset.place):
            number = _write(dataset, record, _Tally(decisions, keep_rejected, reasons or {}), staged, base)
            tag = dataset.tag(number)
        log.info("published %s@%s", dataset.place.name, tag)
        return dataset.open(tag)


@dataclass
class _Tally:
    """Decides staged rows batch by batch, and remembers what a balance needs."""

    decisions: Mapping[str, str]
    keep_rejected: bool
    reasons: Mapping[str, str]
    digest: Digest = field(default_factory=Digest)
    counts: Counter[str] = field(default_factory=Counter)
    candidates: int = 0
    undecided: list[str] = field(default_factory=list)

    def decided(self, staged: Sequence[Path]) -> Iterator[pa.RecordBatch]:
        """The rows as the dataset has them, while the tally runs along."""
        for path in staged:
            for batch in staging.batches(path):
                rows = self._decide(batch)
                self.digest.add(rows)
                yield rows

    def _decide(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        import pyarrow as pa
        import pyarrow.compute as pc

        ids, was = batch.column("id").to_pylist(), batch.column("decision").to_pylist()
        now = [self.decisions.get(i, "") if d == CANDIDATE else d for i, d in zip(ids, was, strict=True)]
        self.candidates += was.count(CANDIDATE)
        self.undecided += [i for i, d in zip(ids, now, strict=True) if d not in DECISIONS]
        self.counts.update(now)
        decision = pa.array(now, pa.string())
        columns = {name: batch.column(name) for name in schema().names} | {"decision": decision}
        if any(i in self.reasons for i in ids):
            said = zip(ids, batch.column("reasons").to_pylist(), strict=True)
            columns["reasons"] = pa.array(
                [[self.reasons[i]] if i in self.reasons else r for i, r in said], pa.list_(pa.string())
            )
        if not self.keep_rejected and "rejected" in now:
            nothing = pa.scalar(None, pa.binary())
            columns["payload"] = pc.if_else(pc.equal(decision, "rejected"), nothing, columns["payload"])
        return pa.RecordBatch.from_arrays(list(columns.values()), schema=schema())

    def add_published(self, base: DatasetVersion) -> None:
        """Count the rows that are there already."""
        for batch in base.batches(sorted({*schema().names} - OUTSIDE_DIGEST)):
            self.digest.add(batch)
            self.counts.update(batch.column("decision").to_pylist())

    def check(self, record: Mapping[str, Any]) -> None:
        """Raise BalanceError unless every job is there, once, with the outcome that the run counted."""
        if self.undecided:
            raise BalanceError(
                f"{len(self.undecided)} staged samples have no decision: {self.undecided[:3]}."
            )
        if self.candidates != len(self.decisions):
            raise BalanceError(f"{len(self.decisions)} decisions for {self.candidates} staged candidates.")
        if doubled := self.digest.doubled:
            raise BalanceError(f"{len(doubled)} samples are there twice: {', '.join(doubled[:3])}.")
        check_jobs(record, self.counts)


def _write(
    dataset: Dataset,
    record: Mapping[str, Any],
    tally: _Tally,
    staged: Sequence[Path],
    base: DatasetVersion | None,
) -> int:
    """Rows, then the record, then one commit, each on the disk before the next; the commit's number."""
    before = set(_data_files(dataset))
    try:
        fragments = _write_rows(dataset, tally.decided(staged), append=base is not None)
        if base:
            tally.add_published(base)
        tally.check(record)
        text = canonical(record)
        durable.write(dataset.record_path(record["run_key"]), text)
    except BaseException:
        for path in set(_data_files(dataset)) - before:
            path.unlink(missing_ok=True)
        raise
    said = {"run_key": record["run_key"], "digest": tally.digest.value(), "record_sha256": sha256(text)}
    return _commit(dataset, fragments, base, said)


def _data_files(dataset: Dataset) -> list[Path]:
    return list((dataset.uri / "data").glob("*.lance"))


def _write_rows(dataset: Dataset, batches: Iterator[pa.RecordBatch], append: bool) -> list[Any]:
    import pyarrow as pa
    from lance.fragment import write_fragments

    mode = "append" if append else "overwrite" if dataset.exists else "create"
    fragments: list[Any] = write_fragments(
        pa.RecordBatchReader.from_batches(schema(), batches), str(dataset.uri), schema=schema(), mode=mode,
        data_storage_version="2.1", data_cache_bytes=_WRITE_BUFFER_BYTES,
    )  # fmt: skip
    for fragment in fragments:
        for file in fragment.files:
            durable.sync(dataset.uri / "data" / file.path)
    if fragments:
        durable.sync(dataset.uri / "data")
    return fragments


def _commit(
    dataset: Dataset, fragments: list[Any], base: DatasetVersion | None, said: Mapping[str, str]
) -> int:
    import lance

    operation: Any = lance.LanceOperation.Overwrite(schema(), fragments)
    read_version = dataset.newest_commit().version if dataset.exists else 0
    if base:
        operation = lance.LanceOperation.Append(fragments)
        if (
            read_version != base.number
        ):  # someone else's commit lies on top: rows are added to the version, not to that
            read_version = _restored(base).version
    transaction = lance.Transaction(read_version, operation, transaction_properties=dict(said))
    number = int(lance.LanceDataset.commit(str(dataset.uri), transaction, enable_stable_row_ids=True).version)
    durable.sync(manifest_path(dataset.uri, number))
    for folder in ("_versions", "_transactions", ".", ".."):
        durable.sync(dataset.uri / folder)
    return number


def _restored(base: DatasetVersion) -> lance.LanceDataset:
    import lance

    copy = lance.dataset(str(base.dataset.uri), version=base.number)
    copy.restore()
    return lance.dataset(str(base.dataset.uri))
