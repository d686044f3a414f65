"""A measurement of lift as one page that needs nothing else."""

from __future__ import annotations

import base64
from html import escape

from synthgen.lift_plots import pictures
from synthgen.lift_report import LiftReport
from synthgen.report import shown
from synthgen.report_page import framed, in_full


def lift_page(report: LiftReport) -> str:
    """The report as self-contained HTML; text of the user's is escaped."""
    state = "bad" if report.harmed or report.verdict == "harm" else "good" if report.lift else "open"
    notices = "".join(f"<li>{escape(notice)}</li>" for notice in report.notices)
    drawn = "".join(
        f'<p><img alt="{escape(name)}" src="data:image/png;base64,{base64.b64encode(png).decode()}"></p>'
        for name, png in pictures(report).items()
    )
    facts = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(shown(value))}</dd>" for name, value in report.facts.items()
    )
    body = (
        f'<header><div class="top"><h1>{escape(report.name)}<span class="tag">@{escape(report.tag)}</span>: lift</h1>'
        f'<span class="badge {state}">{escape(report.verdict)}</span></div></header>'
        f'<div class="notices"><ul>{notices}</ul></div>{drawn}'
        f"{''.join(in_full(table) for table in report.tables.values() if table.rows)}{_curves(report)}"
        f"<footer><dl>{facts}</dl></footer>"
    )
    return framed(f"{report.title}: lift", f'<main class="page">{body}</main>')


def _curves(report: LiftReport) -> str:
    """The loss of each arm over the steps, as small lines of one scale."""
    most = max((max(losses) for losses in report.curves.values() if losses), default=1.0) or 1.0
    rows = ""
    for name, losses in report.curves.items():
        if len(losses) < 2:
            continue
        points = " ".join(
            f"{200 * i / (len(losses) - 1):.1f},{38 - 36 * loss / most:.1f}" for i, loss in enumerate(losses)
        )
        line = f'<polyline points="{points}" fill="none" stroke="currentColor" stroke-width="1.5"/>'
        svg = f'<svg viewBox="0 0 200 40" width="200" height="40" role="img" aria-label="{escape(name)}">{line}</svg>'
        rows += (
            f'<tr><td class="name">{escape(name)}</td><td>{svg}</td><td class="n">{losses[-1]:.3f}</td></tr>'
        )
    head = '<tr><th>arm</th><th>training loss</th><th class="n">last</th></tr>'
    return (
        f'<h2 id="curves">Learning curves</h2><div class="scroll"><table><thead>{head}</thead>'
        f"<tbody>{rows}</tbody></table></div>"
    )
