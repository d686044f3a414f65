"""Say all that a published version lets one know: from its rows and its record, never from memory."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from synthgen import lift_report, registry
from synthgen.errors import DatasetError, UnreadableItem
from synthgen.modality import Modality
from synthgen.report import Ancestor, Cell, Exhibit, Report, Score, Table
from synthgen.report_tables import report_tables
from synthgen.rows import DECISIONS
from synthgen.seeds import sha256
from synthgen.tally import Tally, spread, tally
from synthgen.version import DatasetVersion

MOST_TOLD = 8
"""Classes with one and the same trouble that are told one by one."""
LEAST_CAUGHT = 0.9
"""Share of planted defects from which the filters count as working."""
GALLERY_SHARES = {"kept": 0.6, "rejected": 0.3, "surplus": 0.1}


def audit(
    version: DatasetVersion, *, gallery: int = 1200, per_class: int = 60, picture_px: int = 96
) -> Report:
    """The report of a version. Its gallery holds at most about `gallery` samples, `per_class` of each class, at least
    four of each; none if `gallery` is 0."""
    record, total = version.record, tally(version)
    decisions = total.by("decision")
    counts = {"jobs": decisions.total(), **{decision: decisions[(decision,)] for decision in DECISIONS}}
    tables = {table.key: table for table in report_tables(version, total)}
    lifts = lift_report.every(version)
    tables |= {table.key: table for lift in lifts[:1] for table in lift.shown}
    exhibits = tuple(_gallery(version, total, gallery, per_class, picture_px))
    return Report(
        name=version.dataset.place.name,
        tag=version.tag,
        digest=version.digest,
        modality=record["modality"],
        balanced=all(row["holds"] == "yes" for row in tables["balance"].rows),
        facts=_facts(version, record),
        counts=counts,
        notices=(*lift_report.notices(lifts), *_notices(record, tables, exhibits)),
        tables=tables,
        gallery=exhibits,
    )


def _facts(version: DatasetVersion, record: Mapping[str, Any]) -> dict[str, Cell]:
    source, recipe = record["source"], record["recipe"]
    requested = ", ".join(f"{n} of {label}" for label, n in record.get("extra", {}).items())
    return {
        "recipe": recipe["name"],
        "description": recipe.get("description", ""),
        "made": record.get("created_at"),
        "by synthgen": record.get("code_version"),
        "source": f"{recipe['source']['reader']} {recipe['source'].get('path') or ''}".strip(),
        "source licence": source.get("licence"),
        "seed": recipe["seed"],
        "added to": record.get("base"),
        "requested on top": requested or None,
        "digest": version.digest,
        "run key": record["run_key"],
    }


def _notices(
    record: Mapping[str, Any], tables: Mapping[str, Table], gallery: Iterable[Exhibit]
) -> Iterator[str]:
    for row in tables["balance"].rows:
        if row["holds"] != "yes":
            yield f"Out of balance: {row['what']}, but {row['left']} is not {row['right']}. Run `synthgen verify`."
    if not tables["generators"].rows:
        yield "No class was short of its target, so nothing was made."
    yield from _of_classes(tables["classes"])
    if n := len(tables["quarantine"].rows):
        yield f"{n} source {'item was' if n == 1 else 'items were'} quarantined; the reasons are listed."
    if n := sum(int(row["samples"] or 0) for row in tables["failures"].rows):
        yield f"{n} {'job' if n == 1 else 'jobs'} failed; the reasons are listed."
    for row in record.get("selftest") or ():
        if row["should be"] == "rejected" and row["share"] < LEAST_CAUGHT:
            yield f"In the self-test the filters caught only {row['share']:.0%} of: {row['planted']}."
    for said in record.get("facts", {}).values():
        notes = said.get("notes", ())
        yield from [notes] if isinstance(notes, str) else notes
    if any(parent.picture is None for exhibit in gallery for parent in exhibit.parents):
        yield "Some parents cannot be shown: their source bytes are missing or damaged. Run `synthgen verify`."


def _of_classes(classes: Table) -> Iterator[str]:
    """What is amiss with classes: each told in full where they are few, else all of a kind in one sentence."""
    over, short, thin = (
        list[tuple[str, str, str]](),
        list[tuple[str, str, str]](),
        list[tuple[str, str, str]](),
    )
    for row in classes.rows:
        name, real, target = str(row["class"]), int(row["real"] or 0), int(row["target"] or 0)
        kept = int(row["kept"] or 0)
        if 0 < target < real:
            said = f"Class {name} has {real} real samples, more than its target of {target}."
            over.append((name, str(real), said))
        if row["short"]:
            said = f"Class {name} is {row['short']} short of its target of {target}."
            short.append((name, str(row["short"]), said))
        elif target and real and kept > 10 * real:
            said = f"Class {name} stands on {real} real samples, for {kept} synthetic ones."
            thin.append((name, f"{kept} on {real}", said))
    for kind, what in (
        (over, "have more real samples than their target"),
        (short, "are short of their target"),
        (thin, "stand on few real samples"),
    ):
        if len(kind) <= MOST_TOLD:
            yield from (said for _, _, said in kind)
            continue
        some = ", ".join(f"{name} ({n})" for name, n, _ in kind[:MOST_TOLD])
        yield f"{len(kind)} classes {what}: {some} and {len(kind) - MOST_TOLD} more."


def _gallery(
    version: DatasetVersion, total: Tally, most: int, per_class: int, size_px: int
) -> Iterator[Exhibit]:
    labels = sorted({g.label for g in total.groups})
    each = max(4, min(per_class, most // max(1, len(labels)))) if most else 0
    wanted = {(c, d): math.ceil(each * share) for c in labels for d, share in GALLERY_SHARES.items()}
    found = version.rows_of(spread(version, wanted, total))
    modality: Modality = registry.find("modalities", version.record["modality"])()
    ancestors = _Ancestors(version, modality, size_px)
    order = list(GALLERY_SHARES)
    for row in sorted(
        found.values(), key=lambda r: (r["label"] or "", order.index(r["decision"]), r["generator"], r["id"])
    ):
        payload = row["payload"]
        whole = payload is not None and sha256(payload) == row["payload_sha256"]
        look = _look(modality, modality.decode(payload), size_px) if whole else Look()
        yield Exhibit(
            id=row["id"],
            label=row["label"] or "",
            decision=row["decision"],
            generator=row["generator"],
            reasons=tuple(row["reasons"] or ()),
            scores=tuple(
                Score(s["filter"], s["value"], s["threshold"], s["passed"]) for s in row["scores"] or ()
            ),
            parents=tuple(map(ancestors.show, row["parents"] or ())),
            picture=look.picture,
            weights=json.loads(row["label_weights"]) if row["label_weights"] else None,
            text=look.text,
            played=look.played,
        )


class Look(NamedTuple):
    """A payload for a person: a small picture, and its words, or what moves or sounds, where it has any."""

    picture: bytes | None = None
    text: str | None = None
    played: tuple[str, bytes] | None = None


def _look(modality: Modality, payload: Any, size_px: int) -> Look:
    return Look(modality.preview(payload, size_px), modality.written(payload), modality.played(payload))


class _Ancestors:
    """Real samples of a version, shown from the bytes that it keeps; each is decoded once."""

    def __init__(self, version: DatasetVersion, modality: Modality, size_px: int) -> None:
        said = version.record["recipe"]["source"]
        self._reader = registry.find("readers", said["reader"]).model_validate(said["settings"])
        self._version, self._modality, self._size_px = version, modality, size_px
        self._shown: dict[str, Ancestor] = {}

    def show(self, sample: str) -> Ancestor:
        if sample not in self._shown:
            source = self._version.record.get("sources", {}).get(sample, {})
            look = self._look(source.get("sha256"))
            self._shown[sample] = Ancestor(sample, source.get("label"), source.get("place", ""), *look)
        return self._shown[sample]

    def _look(self, sha256: str | None) -> Look:
        if sha256 is None:
            return Look()
        try:
            payload = self._reader.decode(self._version.dataset.source_bytes(sha256))
        except (DatasetError, UnreadableItem):
            return Look()
        return _look(self._modality, payload, self._size_px)
