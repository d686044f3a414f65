"""A report as Prefect artifacts: a summary, a table with pictures for each class, counts and samples to search in."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from itertools import chain, islice, zip_longest
from typing import TYPE_CHECKING, Any

from flows.escape import cell, key, markdown
from synthgen.likened import compared
from synthgen.report import shown

if TYPE_CHECKING:
    from synthgen.lift_report import LiftReport
    from synthgen.report import Ancestor, Exhibit, Report, Table

MOST_ROWS = 200
MOST_BYTES = 650_000  # pages over about 1 MB may not render
MOST_CLASSES = 50
MOST_SEARCHED = 2000
MOST_MARKED = 300  # characters: of longer texts only the beginning fits into a cell
WIDE = (
    "\u00a0" * 20
)  # else one of Prefect's pages makes the column, and the pictures in it, as narrow as its head
NO_PICTURE = "no picture"


def publish_artifacts(report: Report) -> list[str]:
    """Create all artifacts of a report in a flow run; their keys. The summary comes last: then all are there."""
    from prefect.artifacts import create_markdown_artifact, create_table_artifact

    keys = []
    for label in report.labels[:MOST_CLASSES]:
        keys.append(key(report.name, "class", label))
        text, about = class_markdown(report, label), f"{report.title}: class {markdown(label, 80)}"
        create_markdown_artifact(key=keys[-1], markdown=text, description=about)
    for name, rows in (("counts", count_rows(report)), ("samples", sample_rows(report))):
        keys.append(key(report.name, name))
        create_table_artifact(key=keys[-1], table=rows, description=f"{report.title}: {name}")
    keys.append(key(report.name, "summary"))
    create_markdown_artifact(
        key=keys[-1], markdown=summary_markdown(report, keys), description=_mark(report.name, report.tag)
    )
    return keys


def publish_lift(report: LiftReport) -> str:
    """Create the artifact of a measurement of lift in a flow run; its key."""
    from prefect.artifacts import create_markdown_artifact

    name = key(report.name, "-".join(filter(None, ("lift", report.mark))))
    create_markdown_artifact(key=name, markdown=lift_markdown(report), description=f"{report.title}: lift")
    return name


def lift_markdown(report: LiftReport) -> str:
    """What is found, two pictures, and every table."""
    from synthgen.lift_plots import pictures

    parts = [f"# Lift of {markdown(report.title)}: {markdown(report.verdict)}"]
    parts += [f"> {markdown(notice, 1000)}" for notice in report.notices]
    drawn = {what: base64.b64encode(png).decode() for what, png in pictures(report).items()}
    parts += [f"![{what}](data:image/png;base64,{data})" for what, data in drawn.items()]
    parts.append(_table(("what", "value"), ((k, shown(v)) for k, v in report.facts.items())))
    parts += [_section(table) for table in report.tables.values()]
    return _cut("\n\n".join(part for part in parts if part))


def are_there(name: str, tag: str) -> bool:
    """Whether the server holds the artifacts of this version already."""
    from prefect.artifacts import Artifact

    found = Artifact.get(key(name, "summary"))
    return found is not None and found.description == _mark(name, tag)


def summary_markdown(report: Report, keys: Sequence[str] = ()) -> str:
    """Facts, notices and every table of the report."""
    parts = [f"# {markdown(report.title)}"]
    parts += [f"> **{markdown(notice, 1000)}**" for notice in report.notices]
    parts.append(_table(("what", "value"), ((k, shown(v)) for k, v in report.facts.items())))
    for table in report.tables.values():
        parts.append(_section(table))
    if pictures := [k for k in keys if "-class-" in k]:
        parts.append("## Pictures\n\nOne artifact a class: " + ", ".join(f"`{k}`" for k in pictures))
    return _cut("\n\n".join(part for part in parts if part))


def class_markdown(report: Report, label: str) -> str:
    """The samples of one class: parent, sample, decision, reasons, scores. All decisions are shown, kept ones first."""
    exhibits = list(report.exhibits(label))
    in_words = any(one.text is not None for one in exhibits)
    row = _passage if in_words else _row
    chosen = _choose(exhibits, MOST_ROWS)
    rows = [row(one) for one in chosen]
    while sum(map(len, rows)) > MOST_BYTES and len(chosen) > 1:
        chosen = _choose(chosen, len(chosen) * 9 // 10)
        rows = [row(one) for one in chosen]
    head = (f"made\u00a0from{WIDE[6:]}", f"sample{WIDE}", "decision", "reason", "made by", "scores", "id")
    said = f"{len(chosen)} of {len(exhibits)} samples that the report shows, of {markdown(report.title)}."
    if in_words:
        return f"# Class {markdown(label)}\n\n{said}\n\n" + "\n\n---\n\n".join(rows) + "\n"
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head), *rows]
    return f"# Class {markdown(label)}\n\n{said}\n\n" + "\n".join(lines) + "\n"


def count_rows(report: Report) -> list[dict[str, Any]]:
    """The counts of each class."""
    return [
        {k: cell(v) if isinstance(v, str) else v for k, v in row.items()}
        for row in report.tables["classes"].rows
    ]


def sample_rows(report: Report) -> list[dict[str, Any]]:
    """One row a sample of the gallery, without pictures, to be searched."""
    return [
        {
            "class": cell(one.label),
            "decision": one.decision,
            "reason": cell("; ".join(one.reasons)),
            "made by": cell(one.generator),
            "scores": cell(_scores(one)),
            "id": one.id,
        }
        | ({"text": cell(one.text)} if one.text is not None else {})
        for one in report.gallery[:MOST_SEARCHED]
    ]


def _mark(name: str, tag: str) -> str:
    return f"{name}@{tag}: summary"


def _section(table: Table) -> str:
    if not table.rows:
        return ""
    body = _table(table.columns, ([shown(row.get(c)) for c in table.columns] for row in table.rows))
    return f"## {markdown(table.title)}\n\n{markdown(table.note, 1000)}\n\n{body}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [_line(head), "|" + " --- |" * len(head), *(_line(row) for row in rows)]
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(markdown, cells)) + " |"


def _row(one: Exhibit) -> str:
    made_from = " ".join(_ancestor(p, one.label) for p in one.parents) or "nothing: sampled"
    cells = [
        made_from,
        _text(one) if one.text is not None else _picture(one.picture, "sample"),
        f"**{one.decision}**",
        markdown("; ".join(one.reasons)) or "passed every filter",
        markdown(one.generator, 120),
        markdown(_scores(one)),
        f"`{one.id[:12]}`",
    ]
    return "| " + " | ".join(cells) + " |"


def _passage(one: Exhibit) -> str:
    """A sample in words, each text a paragraph: cells of Prefect's tables do not wrap, and would hide what was made."""
    made_from = [_ancestor(p, one.label) for p in one.parents] or ["nothing: sampled"]
    facts = (markdown("; ".join(one.reasons)) or "passed every filter", markdown(_scores(one)))
    return "\n\n".join(
        [
            f"**{one.decision}**, by {markdown(one.generator, 120)}, `{one.id[:12]}`",
            *(f"> {text}" for text in made_from),
            _text(one),
            *(fact for fact in facts if fact),
        ]
    )


def _ancestor(parent: Ancestor, label: str) -> str:
    name = parent.place.rsplit("/", 1)[-1]
    other = "" if parent.label in (None, label) else f", of class {markdown(parent.label, 24)}"
    shown_ = markdown(parent.text) if parent.text is not None else _picture(parent.picture, "parent")
    return f"{shown_} {'' if parent.text is not None else markdown(name, 24)}{other}"


def _text(one: Exhibit) -> str:
    """The sample's words; in bold those that its parent has not."""
    before = next((p.text for p in one.parents if p.text is not None), None)
    if before is None or len(one.text or "") > MOST_MARKED:
        return markdown(one.text)
    pieces = compared(before, one.text or "").after
    return "".join(f"**{p.text}**" if p.differs and p.text.isalnum() else markdown(p.text) for p in pieces)


def _picture(jpeg: bytes | None, what: str) -> str:
    return f"![{what}](data:image/jpeg;base64,{base64.b64encode(jpeg).decode()})" if jpeg else NO_PICTURE


def _scores(one: Exhibit) -> str:
    return ", ".join(
        f"{s.filter} {s.value:.3g} ({'passed' if s.passed else 'needs'} {s.threshold:.3g})"
        for s in one.scores
    )


def _choose(exhibits: Sequence[Exhibit], most: int) -> list[Exhibit]:
    """At most so many, evenly from every decision, kept ones first."""
    order = ("kept", "rejected", "failed", "surplus")
    by_decision = [[one for one in exhibits if one.decision == decision] for decision in order]
    in_turn = (one for one in chain.from_iterable(zip_longest(*by_decision)) if one is not None)
    return sorted(islice(in_turn, most), key=lambda one: order.index(one.decision))


def _cut(text: str) -> str:
    if len(text.encode()) <= MOST_BYTES:
        return text
    return (
        text.encode()[:MOST_BYTES].decode(errors="ignore").rsplit("\n", 1)[0]
        + "\n\n… cut here: see `synthgen audit`."
    )
