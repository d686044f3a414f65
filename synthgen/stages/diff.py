"""What came, went and changed between two versions of a dataset."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from synthgen.errors import DatasetError
from synthgen.version import DatasetVersion

COLUMNS = ("id", "label", "generator", "decision", "payload_sha256")


@dataclass(frozen=True)
class Change:
    """One sample that both versions do not hold alike. Decisions are None where a version has no such job."""

    id: str
    label: str | None
    generator: str
    what: str
    """came or went (among the kept ones), decided anew (of jobs that neither keeps), or made anew (other bytes)."""
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Diff:
    """All changes, sorted by class, generator and id, and how many kept samples stayed."""

    dataset: str
    before: str
    after: str
    changes: tuple[Change, ...]
    stayed: Counter[tuple[str | None, str]] = field(default_factory=Counter)

    def rows(self) -> list[dict[str, Any]]:
        """One row a class and generator: how many came, went, changed and stayed."""
        counts: dict[tuple[str | None, str], Counter[str]] = {}
        for change in self.changes:
            counts.setdefault((change.label, change.generator), Counter())[change.what] += 1
        keys = sorted({*counts, *self.stayed}, key=_order)
        return [
            {
                "class": label, "generator": generator,
                **{what: counts.get((label, generator), Counter())[what] for what in KINDS},
                "stayed": self.stayed[label, generator],
            }
            for label, generator in keys
        ]  # fmt: skip


KINDS = ("came", "went", "made anew", "decided anew")


def diff(before: DatasetVersion, after: DatasetVersion) -> Diff:
    """Compare two versions of one dataset, by the rows alone. Raises DatasetError for two datasets."""
    if before.dataset.place.resolve() != after.dataset.place.resolve():
        raise DatasetError(f"{before!r} and {after!r} are versions of two datasets: name one.")
    old = {row["id"]: row for row in before.rows(COLUMNS)}
    changes: list[Change] = []
    stayed: Counter[tuple[str | None, str]] = Counter()
    for row in after.rows(COLUMNS):
        was = old.pop(row["id"], None)
        if what := _what(was, row):
            changes.append(_change(row, what, was["decision"] if was else None, row["decision"]))
        elif row["decision"] == "kept":
            stayed[row["label"], row["generator"]] += 1
    for row in old.values():
        what = "went" if row["decision"] == "kept" else "decided anew"
        changes.append(_change(row, what, row["decision"], None))
    changes.sort(key=lambda c: (*_order((c.label, c.generator)), c.id))
    return Diff(before.dataset.place.name, before.tag, after.tag, tuple(changes), stayed)


def _what(was: dict[str, Any] | None, now: dict[str, Any]) -> str | None:
    kept_before, kept_now = was is not None and was["decision"] == "kept", now["decision"] == "kept"
    if kept_now != kept_before:
        return "came" if kept_now else "went"
    if was is None or was["decision"] != now["decision"]:
        return "decided anew"
    return "made anew" if was["payload_sha256"] != now["payload_sha256"] else None


def _change(row: dict[str, Any], what: str, before: str | None, after: str | None) -> Change:
    return Change(row["id"], row["label"], row["generator"], what, before, after)


def _order(key: tuple[str | None, str]) -> tuple[str, str]:
    return key[0] or "", key[1]
