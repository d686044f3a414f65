"""A report, a run's outcome, and the answers of checks, in the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.terminal import print_json, print_table, say, tell
from synthgen.durable import writing_to

if TYPE_CHECKING:
    from synthgen.report import Report

MOST_ROWS = 40
IN_SHORT = ("classes", "rejections")


def show_report(report: Report, only: tuple[str, ...] | None = None, *, busy: bool = False) -> None:
    """Every table of a report, or the ones named; `busy` leaves out classes for which nothing was made or is short."""
    for notice in report.notices:
        say(f"! {notice}")
    for key, table in report.tables.items():
        rows = [row for row in table.rows if not (busy and key == "classes" and _idle(row))]
        if rows and (only is None or key in only):
            print_table(table.title, rows[:MOST_ROWS], note=table.note)
            if len(rows) > MOST_ROWS:
                say(f"… and {len(rows) - MOST_ROWS} more: --json shows all.\n")


def show_outcome(facts: dict[str, Any], as_json: bool) -> None:
    """What a run published, or that there was nothing to do, and how to look at it."""
    from synthgen.dataset import Dataset
    from synthgen.stages.audit import audit

    version = Dataset(Path(facts["place"])).open(facts["version"])
    report = audit(version, gallery=0)
    if as_json:
        print_json(
            facts
            | {"digest": version.digest, "counts": dict(report.counts), "classes": rows_of(report, "classes")}
        )
        return
    show_report(report, IN_SHORT, busy=True)
    name = _named(Path(facts["place"]))
    if facts["new"]:
        say(f"Published {name}@{version.tag} in {facts['place']}")
    else:
        say(f"Nothing new to make: {name}@{version.tag} in {facts['place']} is what the recipe asks for.")
    say(f"  synthgen audit {name} --html    a page with pictures of what was kept and rejected, and why")
    say(f"  synthgen export {name} --to {_usual_export(report.modality)} OUT")
    say("  synthgen ui                     this run in the browser")


def _usual_export(modality: str) -> str:
    """The format made for this modality, or the one for all."""
    from synthgen.registry import find, names

    own = [name for name in names("exports") if find("exports", name).modality == modality]
    return (own or ["hf_parquet"])[0].replace("_", "-")


def show_replayed(answer: Any, out: Path | None, as_json: bool) -> bool:
    """Whether a sample came out identical, said in words; its payload goes to `out` if that is given."""
    if out is not None:
        write_file(out, answer.payload)
    facts = {
        "id": answer.id, "class": answer.label, "generator": answer.generator, "identical": answer.identical,
        "sha256": answer.sha256, "published_sha256": answer.published_sha256, "notes": list(answer.notes),
    }  # fmt: skip
    if as_json:
        print_json(facts)
    else:
        say(f"{answer.id}, class {answer.label}, by {answer.generator}")
        verdict = "Identical" if answer.identical else "NOT identical"
        say(f"{verdict}: {answer.sha256} now, {answer.published_sha256} published")
        for note in answer.notes:
            say(note)
    return bool(answer.identical)


def write_page(report: Report, out: Path) -> None:
    """Write the report as a page, or as a contact sheet if the file is to be a PNG, and say where."""
    from synthgen.contact_sheet import contact_sheet
    from synthgen.report_page import page

    is_sheet = out.suffix.lower() == ".png"
    write_file(out, contact_sheet(report) if is_sheet else page(report).encode())
    tell(f"The {'contact sheet' if is_sheet else 'page'} is {out.resolve()}")


def write_file(path: Path, data: bytes) -> None:
    """Write what a command was asked for, with the folders above it. PublishError where that cannot be."""
    with writing_to(path, staged=False):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def rows_of(report: Report, key: str) -> list[dict[str, Any]]:
    """The rows of one table of a report."""
    return [dict(row) for row in report.tables[key].rows]


def _idle(row: Mapping[str, Any]) -> bool:
    return not any(row[what] for what in ("kept", "short", "surplus", "rejected", "failed"))


def _named(place: Path) -> str:
    return place.name if place.parent == Path("outputs") else str(place)
