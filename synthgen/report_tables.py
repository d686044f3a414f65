"""The tables of a report, from a version's record and the sums of its rows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synthgen.report import Cell, Table
from synthgen.rows import DECISIONS
from synthgen.tally import Tally
from synthgen.version import DatasetVersion

Row = dict[str, Cell]
_SETS = ("real", "candidates", "kept")
_PLANTED = ("planted", "should be", "samples", "rejected", "share", "of rare classes", "rare rejected", "by")
_ROUND = ("round", "jobs", "candidate", "rejected", "failed")


def report_tables(version: DatasetVersion, total: Tally) -> Iterator[Table]:
    """All tables, in the order in which a reader wants them."""
    record = version.record
    yield _classes(record, total)
    yield _generators(total)
    yield _yields(total)
    yield _asked(record, total)
    yield _rejections(total)
    yield _failures(total)
    yield _scores(total)
    yield _bounds(record)
    yield _refused(record)
    yield _relabelled(total)
    yield _diversity(record)
    yield _selftest(record)
    yield _learnt(record)
    yield _quarantine(record)
    yield _models(record, total)
    yield _prompts(total)
    yield _licences(total)
    yield _rounds(record)
    yield _balance(version, total)


def _classes(record: Mapping[str, Any], total: Tally) -> Table:
    real, targets = record["source"]["counts"].get("train", {}), record["targets"]
    count = total.by("label", "decision")
    rows: list[Row] = []
    for label in sorted({*real, *targets, *(g.label for g in total.groups)}):
        n = {decision: count[label, decision] for decision in DECISIONS}
        target, have = targets.get(label) or None, real.get(label, 0) + n["kept"]
        row: Row = {"class": label, "real": real.get(label, 0), "kept": n.pop("kept"), "together": have}
        rows.append(row | {"target": target, "short": max(0, target - have) if target else 0} | n)
    return Table("classes", "Classes", tuple(rows), "Together = real train samples + kept synthetic ones.")


def _generators(total: Tally) -> Table:
    count = total.by("generator", "decision")
    rows: list[Row] = [
        {"generator": name, **_outcome({d: count[name, d] for d in DECISIONS})}
        for name in sorted({g.generator for g in total.groups})
    ]
    note = "Passed = kept + surplus: what no filter had anything against."
    return Table("generators", "Generators", tuple(rows), note)


def _yields(total: Tally) -> Table:
    count = total.by("label", "generator", "decision")
    rows: list[Row] = [
        {"class": label, "generator": name, **_outcome({d: count[label, name, d] for d in DECISIONS})}
        for label, name in sorted({(g.label, g.generator) for g in total.groups})
    ]
    return Table("yields", "Generators in each class", tuple(rows))


def _outcome(n: Mapping[str, int]) -> Row:
    jobs = sum(n.values())
    return {"jobs": jobs, **n, "passed share": round((n["kept"] + n["surplus"]) / max(1, jobs), 3)}


def _asked(record: Mapping[str, Any], total: Tally) -> Table:
    count = total.by("generator", "decision")
    rows: list[Row] = []
    for name, took in sorted(record.get("asked", {}).items()):
        kept = count[name, "kept"]
        row: Row = {"generator": name, "kept": kept, "answers": took["answers"]}
        for unit, n in sorted(took.items()):
            if unit != "answers":
                said = unit.replace("_", " ")
                row |= {said: n, f"{said} per kept": round(n / kept, 6) if kept else None}
        rows.append(row)
    columns = dict.fromkeys(key for row in rows for key in row)
    note = "What the answers of remote models took. Money, where the recipe states prices, by the prices of the day."
    return Table("asked", "Asked of remote models", tuple(dict.fromkeys(columns) | row for row in rows), note)


def _rejections(total: Tally) -> Table:
    rows: list[Row] = [
        {
            "filter": name,
            "rejected": one.rejected,
            "no other filter did": one.alone,
            "for example": one.example or None,
        }
        for name, one in sorted(total.filters.items())
    ]
    return Table("rejections", "Rejected by", tuple(rows), "A sample may be rejected by several filters.")


def _failures(total: Tally) -> Table:
    rows: list[Row] = [{"reason": reason, "samples": n} for reason, n in total.failures.most_common(50)]
    return Table("failures", "Failed", tuple(rows), "Jobs for which the generator made nothing usable.")


def _scores(total: Tally) -> Table:
    rows: list[Row] = []
    for name, one in sorted(total.filters.items()):
        low, middle, high = one.quantiles
        least, most = one.threshold_range
        rows.append({"filter": name, "judged": one.passed + one.rejected, "passed": one.passed, "score 5 %": low,
                     "median": middle, "95 %": high, "threshold from": least, "to": most})  # fmt: skip
    return Table("scores", "Scores", tuple(rows), "Thresholds range where each class has its own.")


def _refused(record: Mapping[str, Any]) -> Table:
    rows = tuple(
        {"class": r["label"], "generator": r["generator"], "reason": r["reason"]} for r in record["refused"]
    )
    return Table("refused", "Refused by the label contract", rows)


def _bounds(record: Mapping[str, Any]) -> Table:
    seen = {
        (line["label"], line["generator"], note): None
        for line in record["plan"]
        for note in line["notes"]
        if note
    }
    rows = tuple({"class": label, "generator": name, "what": note} for label, name, note in seen)
    return Table("bounds", "Narrowed by the label contract", rows)


def _relabelled(total: Tally) -> Table:
    rows: list[Row] = [
        {"from": before, "to": label, "generator": name, "samples": n}
        for (before, label, name), n in sorted(total.relabelled.items())
    ]
    note = "Allowed by a relabelling rule of the contract."
    return Table("relabelled", "Made from another class", tuple(rows), note)


def _diversity(record: Mapping[str, Any]) -> Table:
    every = [m for sets in record["diversity"].values() for m in sets.values()]
    own = dict.fromkeys(name for m in every for name in m if name not in ("n", "vendi", "mean_distance"))
    rows: list[Row] = [
        {
            "class": label,
            "of": of,
            "samples": m["n"],
            "Vendi": m["vendi"],
            "mean distance": m["mean_distance"],
            **{name: m.get(name, "") for name in own},
        }
        for label, sets in sorted(record["diversity"].items())
        for of in _SETS
        if (m := sets.get(of))
    ]
    note = (
        "Vendi: the effective number of different samples. Mean distance: between pairs, by cosine. Candidates are "
        "what passed every filter; their diversity says nothing about right labels."
    )
    return Table("diversity", "Diversity", tuple(rows), note)


def _selftest(record: Mapping[str, Any]) -> Table:
    rows = tuple(_ordered(row, _PLANTED) for row in record.get("selftest") or ())
    note = "Defects planted among real samples, judged by this run's own filters."
    return Table("selftest", "Self-test of the filters", rows, note)


def _learnt(record: Mapping[str, Any]) -> Table:
    rows = tuple(
        {"filter": name, "what": key, "value": _cell(value)}
        for name, said in sorted(record.get("facts", {}).items())
        for key, value in sorted(said.items())
    )
    return Table("learnt", "What filters learnt from the real samples", rows)


def _quarantine(record: Mapping[str, Any]) -> Table:
    rows = tuple(
        {"split": q["split"], "item": q["place"], "reason": q["reason"]}
        for q in record["source"]["quarantined"]
    )
    return Table("quarantine", "Quarantined source items", rows)


def _models(record: Mapping[str, Any], total: Tally) -> Table:
    used: Counter[str] = Counter()
    for (sha, _), n in total.models.items():
        used[sha] += n
    rows: list[Row] = [
        {
            "used by": said.get("name"),
            "as": said.get("kind"),
            "given": _cell(said.get("given")),
            "samples": used[sha] or None,
            "computed": _cell(said.get("compute")),
            "sha256": sha,
        }
        for sha, said in sorted(record["models"].items())
    ]
    return Table("models", "Models", tuple(rows))


def _prompts(total: Tally) -> Table:
    rows: list[Row] = [
        {"sha256": sha, "generator": name, "samples": n} for (sha, name), n in sorted(total.prompts.items())
    ]
    return Table("prompts", "Prompts", tuple(rows))


def _licences(total: Tally) -> Table:
    rows: list[Row] = [
        {"of": "samples", "licence": licence, "samples": n}
        for (licence,), n in sorted(total.by("licence").items())
    ]
    rows += [
        {"of": "sources", "licence": one, "samples": n} for one, n in sorted(total.source_licences.items())
    ]
    return Table("licences", "Licences", tuple(rows))


def _rounds(record: Mapping[str, Any]) -> Table:
    return Table("rounds", "Rounds", tuple(_ordered(row, _ROUND) for row in record["rounds"]))


def _balance(version: DatasetVersion, total: Tally) -> Table:
    record, ids, rows_of = version.record, version.ids, total.by("decision")
    source, counts = record["source"], record["counts"]
    distinct = len(ids) - int((ids[1:] == ids[:-1]).sum())
    sums = [
        ("source items = read + quarantined", source["items"], source["read"] + len(source["quarantined"])),
        ("jobs = kept + surplus + rejected + failed", counts["jobs"], rows_of.total()),
        *((f"{d} in the record = {d} rows", counts[d], rows_of[(d,)]) for d in DECISIONS),
        ("ids = rows", distinct, len(version)),
    ]
    rows = tuple({"what": w, "left": a, "right": b, "holds": "yes" if a == b else "NO"} for w, a, b in sums)
    return Table("balance", "Balance", rows)


def _ordered(row: Mapping[str, Any], first: Sequence[str]) -> Row:
    """The record keeps its keys sorted by name; a reader wants them in an order that makes sense."""
    names = [*(name for name in first if name in row), *(name for name in row if name not in first)]
    return {name: _cell(row[name]) for name in names}


def _cell(value: Any) -> Cell:
    """A value of the record as one cell."""
    if value is None or isinstance(value, str | int | float):
        return value
    return json.dumps(value, ensure_ascii=False)
