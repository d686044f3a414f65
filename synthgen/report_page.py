"""A report as one page that needs nothing else: pictures inside, no script or font from anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from html import escape
from pathlib import Path
from string import Template

from synthgen.likened import compared, html
from synthgen.report import Ancestor, Cell, Exhibit, Report, Table, shown

_HERE = Path(__file__).parent
_OPEN_CLASSES = 8
"""Sheets that are open from the start; a page of hundreds of classes stays readable."""
_IN_FULL = ("generators", "rejections", "diversity", "selftest")
_BAR_WIDTH = 200

_SCRIPT = """
const controls = document.querySelector('.controls');
if (controls) {
  const cards = [...document.querySelectorAll('.card')], sheets = [...document.querySelectorAll('.class')];
  const word = controls.querySelector('[type=search]'), said = controls.querySelector('output');
  const [label, generator] = controls.querySelectorAll('select');
  const boxes = [...controls.querySelectorAll('[type=checkbox]')];
  const texts = new Map(cards.map(card => [card, card.textContent.toLowerCase()]));
  const apply = () => {
    const decisions = new Set(boxes.filter(box => box.checked).map(box => box.value));
    const wanted = word.value.trim().toLowerCase();
    let count = 0;
    for (const card of cards) {
      const { decision, generator: maker } = card.dataset;
      const fits = decisions.has(decision) && (!generator.value || maker === generator.value)
        && (!label.value || card.closest('.class').dataset.label === label.value)
        && texts.get(card).includes(wanted);
      card.hidden = !fits;
      count += fits;
    }
    for (const sheet of sheets) {
      sheet.hidden = !sheet.querySelector('.card:not([hidden])');
      if (label.value && !sheet.hidden) sheet.open = true;
    }
    said.textContent = count + ' of ' + cards.length + ' shown';
  };
  controls.addEventListener('input', apply);
  controls.hidden = false;
  apply();
}
"""


def page(report: Report) -> str:
    """The report as self-contained HTML. All text of the user's is escaped, and the page's own policy forbids it to
    load or run anything else."""
    return framed(f"{report.title}: audit", _body(report), _SCRIPT)


def framed(title: str, body: str, script: str = "") -> str:
    """A whole page around a body of HTML, in the style of all reports."""
    style = (_HERE / "report_page.css").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; img-src data:; media-src data:; style-src {_hash(style)}; script-src {_hash(script)}; "
        f"base-uri 'none'; form-action 'none'"
    )
    frame = Template((_HERE / "report_page.html").read_text(encoding="utf-8"))
    return frame.substitute(policy=policy, title=escape(title), style=style, script=script, body=body)


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _body(report: Report) -> str:
    tables = [t for key, t in report.tables.items() if t.rows and key not in ("classes", *_IN_FULL)]
    parts = [
        _header(report),
        '<h2 id="classes">Classes</h2>',
        _classes(report.tables["classes"]),
        '<h2 id="samples">Samples</h2>',
        _gallery(report),
        *(
            in_full(report.tables[key])
            for key in _IN_FULL
            if key in report.tables and report.tables[key].rows
        ),
        '<h2 id="more">All that was written down</h2>',
        *(_folded(table) for table in tables),
        _footer(report),
    ]
    return f'<main class="page">{"".join(parts)}</main>'


def _header(report: Report) -> str:
    real = sum(int(row["real"] or 0) for row in report.tables["classes"].rows)
    figures = [("real", "real train samples", real)]
    figures += [(kind, kind, report.counts[kind]) for kind in ("kept", "rejected", "surplus", "failed")]
    figures += [("jobs", "jobs in all", report.counts["jobs"])]
    big = "".join(f'<li class="{kind}"><b>{n:,}</b><span>{name}</span></li>' for kind, name, n in figures)
    state = ("good", "counts balance") if report.balanced else ("bad", "counts do not balance")
    about = str(report.facts.get("description") or "")
    notices = "".join(f"<li>{escape(notice)}</li>" for notice in report.notices)
    links = [("classes", "Classes"), ("samples", "Samples")]
    links += [(t.key, t.title) for key in _IN_FULL if (t := report.tables.get(key)) and t.rows] + [
        ("more", "More")
    ]
    nav = "".join(f'<a href="#{key}">{escape(title)}</a>' for key, title in links)
    return (
        f'<header><div class="top"><h1>{escape(report.name)}<span class="tag">@{escape(report.tag)}</span></h1>'
        f'<span class="badge {state[0]}">{state[1]}</span></div>'
        f"{f'<p>{escape(about)}</p>' if about else ''}"
        f'<p class="soft small">Synthetic samples of the modality “{escape(report.modality)}”, made from '
        f"{escape(str(report.facts.get('source', '')))} on {escape(str(report.facts.get('made', ''))[:10])}.</p>"
        f"<nav>{nav}</nav></header>"
        f'<ul class="figures">{big}</ul>'
        f"{f'<div class=notices><ul>{notices}</ul></div>' if notices else ''}"
    )


def _classes(table: Table) -> str:
    most = max((max(int(r["together"] or 0), int(r["target"] or 0)) for r in table.rows), default=1) or 1
    head = "<th>class</th><th>real and kept</th>" + "".join(
        f'<th class="n">{escape(c)}</th>' for c in table.columns[1:]
    )
    body = ""
    for row in table.rows:
        cells = "".join(_td(row[c]) for c in table.columns[1:])
        body += f'<tr><td class="name">{escape(str(row["class"]))}</td><td>{_bar(row, most)}</td>{cells}</tr>'
    key = '<i class="real"></i>real<i class="kept"></i>kept synthetic<i class="goal"></i>target'
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        f'<p class="small soft key">{key}</p>'
    )


def _bar(row: dict[str, Cell] | object, most: int) -> str:
    real, kept, target = (int(row[key] or 0) for key in ("real", "kept", "target"))  # type: ignore[index]
    unit = _BAR_WIDTH / most
    goal = (
        f'<line class="goal" x1="{target * unit:.1f}" x2="{target * unit:.1f}" y1="0" y2="14"/>'
        if target
        else ""
    )
    return (
        f'<svg class="bar" viewBox="-1 0 {_BAR_WIDTH + 2} 14" preserveAspectRatio="none" role="img" '
        f'aria-label="{real} real, {kept} kept, target {target}">'
        f'<rect class="ground" x="0" y="2" width="{_BAR_WIDTH}" height="10"/>'
        f'<rect class="real" x="0" y="2" width="{real * unit:.1f}" height="10"/>'
        f'<rect class="kept" x="{real * unit:.1f}" y="2" width="{kept * unit:.1f}" height="10"/>{goal}</svg>'
    )


def _gallery(report: Report) -> str:
    if not report.gallery:
        return '<p class="soft">No samples were made.</p>'
    makers = sorted({e.generator for e in report.gallery})
    decisions = [d for d in ("kept", "rejected", "surplus") if any(e.decision == d for e in report.gallery)]
    boxes = "".join(f'<label><input type="checkbox" value="{d}" checked>{d}</label>' for d in decisions)
    controls = (
        f'<div class="controls" hidden>{_choice("all classes", report.labels)}{_choice("all generators", makers)}'
        f'{boxes}<input type="search" placeholder="find a reason or id" aria-label="find a reason or id">'
        f'<output class="soft"></output></div>'
    )
    rows = {row["class"]: row for row in report.tables["classes"].rows}
    intro = (
        '<p class="soft small">What each sample was made from, and the sample; what was rejected, with the reasons. '
        "At most a few dozen a class are shown, evenly spread.</p>"
    )
    return (
        intro
        + controls
        + "".join(_sheet(report, c, rows[c], i < _OPEN_CLASSES) for i, c in enumerate(report.labels))
    )


def _choice(everything: str, names: Iterable[str]) -> str:
    options = "".join(f'<option value="{escape(n)}">{escape(n)}</option>' for n in names)
    return f'<select aria-label="{everything}"><option value="">{everything}</option>{options}</select>'


def _sheet(report: Report, label: str, row: object, is_open: bool) -> str:
    said = ", ".join(f"{row[d]:,} {d}" for d in ("kept", "rejected", "surplus", "failed") if row[d])  # type: ignore[index]
    cards = "".join(map(_card, report.exhibits(label)))
    return (
        f'<details class="class" data-label="{escape(label)}"{" open" if is_open else ""}>'
        f'<summary>{escape(label)} <span class="soft">{said}</span></summary><div class="sheet">{cards}</div></details>'
    )


def _card(exhibit: Exhibit) -> str:
    parents = "".join(_parent(parent, exhibit.text) for parent in exhibit.parents)
    arrow = '<span class="arrow" aria-label="became">→</span>' if exhibit.parents else ""
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in exhibit.reasons)
    weights = ""
    if exhibit.weights:
        weights = ", ".join(
            f"{escape(c)} {w:.0%}" for c, w in sorted(exhibit.weights.items(), key=lambda x: -x[1])
        )
    written = exhibit.text is not None or any(p.text is not None for p in exhibit.parents)
    kind = " written" if written else " two" if len(exhibit.parents) > 1 else ""
    before = f"was {escape(exhibit.relabelled_from)}" if exhibit.relabelled_from else ""
    return (
        f'<article class="card {escape(exhibit.decision)}" data-decision="{escape(exhibit.decision)}" '
        f'data-generator="{escape(exhibit.generator)}"><div class="pair{kind}">{parents}{arrow}'
        f'<figure class="sample">{_made(exhibit)}</figure></div>'
        f'<div class="what"><span class="decision">{escape(exhibit.decision)}</span> '
        f'<span class="how">{escape(" · ".join(x for x in (exhibit.generator, before, weights) if x))}</span></div>'
        f"{f'<ul class=reasons>{reasons}</ul>' if reasons else ''}{_scores(exhibit)}</article>"
    )


def _made(exhibit: Exhibit) -> str:
    if exhibit.text is None:
        return _picture(exhibit.picture, exhibit.label, exhibit.played)
    before = next((p.text for p in exhibit.parents if p.text is not None), exhibit.text)
    return html(compared(before, exhibit.text).after, "ins")


def _parent(parent: Ancestor, after: str | None) -> str:
    what = f"{parent.label or 'parent'}"
    place = escape(parent.place or parent.id)
    look = _picture(parent.picture, what, parent.played)
    if parent.text is not None:
        look = html(compared(parent.text, parent.text if after is None else after).before, "del")
    return f'<figure class="parent" title="{place}">{look}<figcaption>{escape(what)}</figcaption></figure>'


def _picture(jpeg: bytes | None, what: str, played: tuple[str, bytes] | None = None) -> str:
    """The picture, or the one that moves in its place, or the sound below it."""
    if jpeg is None:
        return '<span class="gone">not kept</span>'
    kind = played[0].partition("/")[0] if played else ""
    moving = played if played and kind == "image" else ("image/jpeg", jpeg)
    sound = (
        f'<audio controls preload="none" src="{_data(*played)}"></audio>'
        if played and kind == "audio"
        else ""
    )
    return f'<img alt="{escape(what)}" src="{_data(*moving)}">{sound}'


def _data(media_type: str, data: bytes) -> str:
    return f"data:{escape(media_type)};base64,{base64.b64encode(data).decode()}"


def _scores(exhibit: Exhibit) -> str:
    rows = "".join(
        f'<tr><td>{escape(s.filter)}</td><td class="n">{shown(s.value)}</td><td class="n">{shown(s.threshold)}</td>'
        f"<td>{'' if s.passed else '<span class=no>no</span>'}</td></tr>"
        for s in exhibit.scores
    )
    head = '<tr><th>filter</th><th class="n">score</th><th class="n">threshold</th><th></th></tr>'
    return (
        f'<details><summary class="mono">{escape(exhibit.id[:12])}</summary>'
        f'<span class="mono">{escape(exhibit.id)}</span>{f"<table>{head}{rows}</table>" if rows else ""}</details>'
    )


def in_full(table: Table) -> str:
    """A table as HTML under its title, with its note."""
    return f'<h2 id="{escape(table.key)}">{escape(table.title)}</h2>{_table(table)}'


def _folded(table: Table) -> str:
    rows = f"{len(table.rows):,} {'row' if len(table.rows) == 1 else 'rows'}"
    return (
        f'<details class="table" id="{escape(table.key)}"><summary>{escape(table.title)} '
        f'<span class="soft">{rows}</span></summary>{_table(table)}</details>'
    )


def _table(table: Table) -> str:
    numeric = {
        c: all(isinstance(row.get(c), int | float | None) for row in table.rows) for c in table.columns
    }
    head = "".join(f"<th{' class=n' if numeric[c] else ''}>{escape(c)}</th>" for c in table.columns)
    body = "".join(f"<tr>{''.join(_td(row.get(c)) for c in table.columns)}</tr>" for row in table.rows)
    note = f'<p class="soft small">{escape(table.note)}</p>' if table.note else ""
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>{note}'
    )


def _td(cell: Cell) -> str:
    kind = "text" if isinstance(cell, str) else "n zero" if cell == 0 else "n"
    return f'<td class="{kind}">{escape(shown(cell))}</td>'


def _footer(report: Report) -> str:
    facts = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(shown(value))}</dd>"
        for name, value in report.facts.items()
        if value not in (None, "")
    )
    how = f"synthgen replay {report.name}@{report.tag} ID"
    return (
        f"<footer><dl>{facts}</dl><p>Every sample here is synthetic. <code>{escape(how)}</code> makes one again and "
        f"compares it; <code>synthgen verify {escape(report.title)}</code> checks every payload.</p></footer>"
    )
