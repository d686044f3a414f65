"""The card that goes with a published dataset: what it is, how it was made, how it was checked, what it is not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from synthgen import lift_report, registry
from synthgen.lift_report import LiftReport
from synthgen.report import Cell, Table, shown
from synthgen.report_tables import report_tables
from synthgen.tally import tally
from synthgen.version import DatasetVersion

_KNOWN_LICENCES = re.compile(
    r"cc0-1\.0|cc-by(-nc)?(-sa|-nd)?-[2-4]\.[05]|apache-2\.0|mit|bsd|bsd-[23]-clause|[al]?gpl-3\.0|odbl|odc-by|pddl"
)
_SIZES = [
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
]
_MOST_ROWS = 60


def dataset_card(version: DatasetVersion, count: int, synthetic: int) -> str:
    """Markdown with YAML front matter for `count` exported samples. Text of the user's is escaped."""
    tables = {table.key: table for table in report_tables(version, tally(version))}
    name, lifts = version.dataset.place.name, lift_report.every(version)
    parts = [
        _front_matter(version.record, f"{name} {version.tag}", count),
        f"# {_text(name)}, {version.tag}",
        _summary(version.record, count, synthetic),
        "## Classes",
        _markdown(tables["classes"]),
        "## How it was made",
        _how_made(version),
        *(_section(tables[key], "###") for key in ("generators", "relabelled", "refused", "models")),
        "## What the audit says",
        *(_section(tables[key], "###") for key in ("rejections", "selftest", "diversity")),
        "## Does it help?",
        _lift(lifts),
        *(_section(table, "###") for lift in lifts[:1] for table in lift.shown),
        "## Known limits",
        "\n".join(f"- {limit}" for limit in (*_harm(lifts), *_limits(version.record, tables))),
        "## Columns",
        _COLUMNS,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


_COLUMNS = """`image`, `text` or `payload`, `label`, `id`, `synthetic` (false for a real sample). `parents` and
`source_ids` are the samples that one was made from; `generator`, `settings`, `draw`, `bounds`, `seed`, `index`,
`model_sha256` and `prompt_sha256` make it again; `scores` and `reasons` are what each filter said; `label_weights` is
set where a label is soft; `payload_sha256` checks the bytes; `licence` and `source_licences` are as the source's
owner gave them."""


def _front_matter(record: Mapping[str, Any], title: str, count: int) -> str:
    licence = (record["source"]["licence"] or "").strip()
    known = _KNOWN_LICENCES.fullmatch(licence.lower()) is not None
    lines = [
        f"pretty_name: {_yaml(title)}",
        f"license: {licence.lower() if known else 'other' if licence else 'unknown'}",
        *([f"license_name: {_yaml(licence)}"] if licence and not known else []),
        "task_categories:",
        f"- {_yaml(_task(record['modality']))}",
        "size_categories:",
        f"- {next((size for most, size in _SIZES if count < most), 'n>10M')}",
        "tags:",
        "- synthetic",
        "- synthgen",
        "configs:",
        "- config_name: default",
        "  data_files:",
        "  - split: train",
        "    path: data/train-*.parquet",
    ]
    return "\n".join(["---", *lines, "---"])


def _task(modality: str) -> str:
    return {"pointcloud": "other", "graph": "graph-ml"}.get(modality, f"{modality}-classification")


def _summary(record: Mapping[str, Any], count: int, synthetic: int) -> str:
    real = sum(record["source"]["counts"].get("train", {}).values())
    share = record["counts"]["kept"] / max(1, real + record["counts"]["kept"])
    held = f"All {count:,} samples here are synthetic" if synthetic == count else (
        f"{synthetic:,} of the {count:,} samples here are synthetic, the others are real ones that these were made from"
    )  # fmt: skip
    marks = registry.find("modalities", record["modality"]).marks
    return (
        f"**{held}.** They fill thin classes of a source with {real:,} real training samples "
        f"(licence: {_text(record['source']['licence'] or 'not stated')}): used together with those, "
        f"{share:.0%} of the training set is synthetic. "
        f"{'Every synthetic sample carries a marker in its file.' if marks else 'The column `synthetic` says which.'}"
    )


def _how_made(version: DatasetVersion) -> str:
    record = version.record
    return (
        f"By synthgen {_text(record['code_version'])} on {_text(record['created_at'][:10])}, from the recipe "
        f"{_text(record['recipe']['name'])} (key `{record['recipe_key'][:16]}`, run `{record['run_key'][:16]}`). "
        f"The rows hash to `{version.digest}`: the same recipe, source and model files give the same."
    )


def _lift(lifts: Sequence[LiftReport]) -> str:
    if not lifts:
        return "Not measured. `synthgen lift` trains with and without these samples and tests on real data."
    return "\n".join(f"- {_text(notice, 500)}" for notice in lift_report.notices(lifts))


def _harm(lifts: Sequence[LiftReport]) -> Iterator[str]:
    if harmed := dict.fromkeys(label for lift in lifts for label in lift.harmed):
        yield f"**Harms {', '.join(map(_text, harmed))}**: a classifier recognises less of it with these samples."


def _limits(record: Mapping[str, Any], tables: Mapping[str, Table]) -> Iterator[str]:
    yield "Synthetic samples show no more of a class than the real ones they were made from: test on real data only."
    yield (
        "Labels were checked by models trained on the same real samples, not by people; the self-test above says "
        "how many planted faults such filters caught."
        if tables["selftest"].rows
        else "Labels were checked by models at most, not by people."
    )
    for label, lacks in sorted(record["shortfall"].items()):
        yield f"Class {_text(label)} is {lacks:,} short of its target."
    for row in tables["classes"].rows:
        if row["kept"] and int(row["kept"]) > 5 * int(row["real"] or 0):
            yield f"Class {_text(row['class'])} has {row['kept']:,} synthetic samples on {row['real']:,} real ones."
    for label, sets in sorted(record["diversity"].items()):
        real, kept = sets.get("real"), sets.get("kept")
        if real and kept and kept["vendi"] < real["vendi"]:
            yield (
                f"Class {_text(label)} is less diverse than the real samples: Vendi {kept['vendi']:.2f}, "
                f"real {real['vendi']:.2f}."
            )
    if n := len(record["source"]["quarantined"]):
        yield f"{n} source {'item was' if n == 1 else 'items were'} unreadable and left out."


def _section(table: Table, level: str) -> str:
    return f"{level} {table.title}\n\n{_markdown(table)}" if table.rows else ""


def _markdown(table: Table) -> str:
    head = ["| " + " | ".join(map(_text, table.columns)) + " |", "|" + " --- |" * len(table.columns)]
    rows = ["| " + " | ".join(_text(cell) for cell in row.values()) + " |" for row in table.rows[:_MOST_ROWS]]
    left = len(table.rows) - _MOST_ROWS
    more = [f"\n{left:,} more rows are in the audit."] if left > 0 else []
    return "\n".join([*([f"{table.note}\n"] if table.note else []), *head, *rows, *more])


def _text(cell: Cell, most: int = 200) -> str:
    """One line of text that no renderer takes for markup, a link or HTML."""
    said = "".join(c if c.isprintable() else " " for c in shown(cell))[:most]
    return re.sub(r"[^\w\s,;.()%=+-]|_", lambda found: f"&#{ord(found[0])};", said)


def _yaml(text: str) -> str:
    """Quoted so that YAML reads just this text."""
    return json.dumps("".join(c if c.isprintable() else " " for c in text), ensure_ascii=False)
