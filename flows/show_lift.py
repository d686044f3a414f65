"""A measurement of lift in the terminal, as JSON, or as a page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.terminal import print_json, print_table, say, tell


def show_lift(facts: dict[str, Any], out: Path | None, *, html: bool, as_json: bool) -> None:
    """The report that the flow kept with its version."""
    from synthgen.dataset import Dataset
    from synthgen.errors import DatasetError
    from synthgen.lift_report import kept_with

    version = Dataset(Path(facts["place"])).open(facts["version"])
    report = kept_with(version, facts["draws"], facts["mark"])
    if report is None:
        raise DatasetError(f"the lift of {version!r} is gone. Run the same command again.")
    if as_json:
        print_json(report.to_json())
    else:
        for notice in report.notices:
            say(f"! {notice}")
        for table in report.tables.values():
            print_table(table.title, table.rows, note=table.note)
        if facts["unmet"]:
            say(f"! {facts['unmet']}")
        if facts["approved"]:
            say(f"{version!r} is approved: its second tag is {version.tag}.approved.")
    if html:
        from synthgen.lift_page import lift_page

        several = f"{facts['draws']}-draws" if facts["draws"] > 1 else ""
        name = "-".join(filter(None, ("lift", version.tag, facts["mark"], several)))
        target = out or version.dataset.place / f"{name}.html"
        target.write_text(lift_page(report), encoding="utf-8")
        tell(f"The page is {target.resolve()}")
