"""What the rows of a version add up to, read once, column by column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from synthgen.version import DatasetVersion

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

COLUMNS = (
    *("label", "decision", "generator", "licence", "source_licences", "parents", "reasons", "scores"),
    *("model_sha256", "prompt_sha256"),
)
_QUANTILES = (0.05, 0.5, 0.95)


class Group(NamedTuple):
    """Rows that share these values."""

    label: str
    decision: str
    generator: str
    licence: str


@dataclass
class Judged:
    """All verdicts of one filter. `alone` are rejections that no other filter shares."""

    passed: int = 0
    rejected: int = 0
    alone: int = 0
    values: list[np.ndarray] = field(default_factory=list)
    thresholds: list[tuple[float, float]] = field(default_factory=list)
    example: str = ""

    @property
    def quantiles(self) -> list[float]:
        """5 %, median and 95 % of the scores."""
        import numpy as np

        return [float(v) for v in np.quantile(np.concatenate(self.values), _QUANTILES)]

    @property
    def threshold_range(self) -> tuple[float, float]:
        """Lowest and highest threshold, which differ where each class has its own."""
        return min(t[0] for t in self.thresholds), max(t[1] for t in self.thresholds)


@dataclass
class Tally:
    """Counts of rows by group, verdicts by filter, and how often models, prompts, licences and failures occur."""

    groups: Counter[Group] = field(default_factory=Counter)
    filters: dict[str, Judged] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)
    models: Counter[tuple[str, str]] = field(default_factory=Counter)
    prompts: Counter[tuple[str, str]] = field(default_factory=Counter)
    source_licences: Counter[str] = field(default_factory=Counter)
    relabelled: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By the parent's class, the sample's class, and generator."""

    def by(self, *names: str) -> Counter[tuple[str, ...]]:
        """Rows by some of the values of their group."""
        counts: Counter[tuple[str, ...]] = Counter()
        for group, n in self.groups.items():
            counts[tuple(getattr(group, name) for name in names)] += n
        return counts

    def add(self, batch: pa.RecordBatch, label_of: Mapping[str, str | None]) -> None:
        """Count one batch. `label_of` gives the class of real samples by id."""
        import pyarrow as pa
        import pyarrow.compute as pc

        table = pa.Table.from_batches([batch])
        for row in table.group_by(list(Group._fields)).aggregate([([], "count_all")]).to_pylist():
            self.groups[Group(*(row[name] or "" for name in Group._fields))] += row["count_all"]
        failed = batch.filter(pc.equal(batch["decision"], "failed"))
        self.failures.update(pc.list_flatten(failed["reasons"]).to_pylist())
        self.source_licences.update(_counts(pc.list_flatten(batch["source_licences"])))
        for column, into in (("model_sha256", self.models), ("prompt_sha256", self.prompts)):
            into.update(_pairs(batch, column))
        self._add_scores(batch)
        self._add_relabelled(batch, label_of)

    def _add_scores(self, batch: pa.RecordBatch) -> None:
        import numpy as np
        import pyarrow.compute as pc

        flat = pc.list_flatten(batch["scores"])
        if not len(flat):
            return
        row_of = pc.list_parent_indices(batch["scores"]).to_numpy()
        names, values, thresholds, passed = (pc.struct_field(flat, i) for i in range(4))
        good = passed.to_numpy(zero_copy_only=False)
        faults = np.bincount(row_of[~good], minlength=len(batch))
        coded = names.dictionary_encode()
        codes = coded.indices.to_numpy()
        for code, name in enumerate(coded.dictionary.to_pylist()):
            mine = codes == code
            one = self.filters.setdefault(name, Judged())
            rejected = row_of[mine & ~good]
            one.passed += int((mine & good).sum())
            one.rejected += len(rejected)
            one.alone += int((faults[rejected] == 1).sum())
            one.values.append(values.to_numpy(zero_copy_only=False)[mine].astype(np.float32))
            limits = thresholds.to_numpy(zero_copy_only=False)[mine]
            one.thresholds.append((float(limits.min()), float(limits.max())))
            if len(rejected) and not one.example:
                said = batch["reasons"][int(rejected[0])].as_py() or []
                one.example = next((r for r in said if r.startswith(f"{name}: ")), "").removeprefix(
                    f"{name}: "
                )

    def _add_relabelled(self, batch: pa.RecordBatch, label_of: Mapping[str, str | None]) -> None:
        import pyarrow.compute as pc

        single = batch.filter(pc.equal(pc.list_value_length(batch["parents"]), 1))
        parents = pc.list_flatten(single["parents"]).to_pylist()
        labels, generators = single["label"].to_pylist(), single["generator"].to_pylist()
        for parent, label, generator in zip(parents, labels, generators, strict=True):
            before = label_of.get(parent)
            if before is not None and label is not None and before != label:
                self.relabelled[before, label, generator] += 1


def tally(version: DatasetVersion) -> Tally:
    """The sums of a version; memory grows with the scores alone."""
    label_of = {sample: source["label"] for sample, source in version.record.get("sources", {}).items()}
    total = Tally()
    for batch in version.batches(COLUMNS):
        total.add(batch, label_of)
    return total


def spread(version: DatasetVersion, wanted: Mapping[tuple[str, str], int], total: Tally) -> Iterator[str]:
    """Ids of samples, as many of each (label, decision) as are wanted, evenly spaced over the version."""
    chosen, rows = {}, total.by("label", "decision")
    for (label, decision), most in wanted.items():
        there = rows[label, decision]
        few = min(most, there)
        chosen[label, decision] = {int((i + 0.5) * there / few) for i in range(few)}
    seen: Counter[tuple[str, str]] = Counter()
    for batch in version.batches(("id", "label", "decision")):
        columns = (batch[name].to_pylist() for name in ("id", "label", "decision"))
        for sample, label, decision in zip(*columns, strict=True):
            group = label or "", decision
            if seen[group] in chosen.get(group, ()):
                yield sample
            seen[group] += 1


def _counts(values: Any) -> dict[str, int]:
    import pyarrow.compute as pc

    return {pair["values"]: pair["counts"] for pair in pc.value_counts(values).to_pylist()}


def _pairs(batch: pa.RecordBatch, column: str) -> Counter[tuple[str, str]]:
    """How often each value of a list column occurs with each generator."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = pc.list_flatten(batch[column])
    makers = batch["generator"].take(pc.list_parent_indices(batch[column]))
    grouped = pa.table({"value": values, "maker": makers}).group_by(["value", "maker"])
    rows = grouped.aggregate([([], "count_all")]).to_pylist()
    return Counter({(row["value"], row["maker"]): row["count_all"] for row in rows if row["value"]})
