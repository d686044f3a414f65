"""What a measurement of lift says of a version, and where it is kept with it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from synthgen import durable
from synthgen.errors import DatasetError
from synthgen.report import Cell, Table
from synthgen.seeds import hash_of
from synthgen.version import DatasetVersion

Require = Literal["none", "no-harm", "lift"]
SHOWN = {"lift": "Lift: does it help?", "arms": "Lift: all arms", "classes": "Lift: classes"}


@dataclass(frozen=True)
class LiftReport:
    """Whether the kept samples of a version help. `verdict` is one sentence; `harmed` are classes whose recall fell,
    `unknown` those of which the holdout cannot tell. `curves` hold the loss of each arm, mean of its seeds."""

    name: str
    tag: str
    key: str
    verdict: str
    lift: bool
    harmed: tuple[str, ...]
    unknown: tuple[str, ...]
    facts: Mapping[str, Cell]
    notices: tuple[str, ...]
    tables: Mapping[str, Table]
    curves: Mapping[str, tuple[float, ...]]
    mark: str = ""
    """Empty for the modality's own classifier; else what tells this one's report from the others of the version."""

    @property
    def draws(self) -> int:
        """Draws of train that it stands on."""
        return int(self.facts.get("draws of train") or 1)

    @property
    def title(self) -> str:
        """`digits@v2`; of several draws of train the first one's, and how many there are."""
        more = f" and {self.draws - 1} more draws of train" if self.draws > 1 else ""
        return f"{self.name}@{self.tag}{more}"

    @property
    def shown(self) -> tuple[Table, ...]:
        """The tables that an audit and a dataset card show, under keys and titles of their own."""
        return tuple(
            replace(self.tables[key], key=f"lift_{key}", title=title) for key, title in SHOWN.items()
        )

    def to_json(self) -> dict[str, Any]:
        """JSON-safe values; `from_json` takes them back."""
        return {
            "dataset": self.name,
            "version": self.tag,
            "key": self.key,
            "verdict": self.verdict,
            "lift": self.lift,
            "harmed": list(self.harmed),
            "unknown": list(self.unknown),
            "facts": dict(self.facts),
            "notices": list(self.notices),
            "tables": {
                key: {"title": t.title, "note": t.note, "rows": [dict(row) for row in t.rows]}
                for key, t in self.tables.items()
            },
            "curves": {name: list(losses) for name, losses in self.curves.items()},
            "mark": self.mark,
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> LiftReport:
        """The report again. Raises KeyError or TypeError where something else is given."""
        tables = {
            key: Table(key, t["title"], tuple(t["rows"]), t["note"]) for key, t in said["tables"].items()
        }
        return cls(
            name=said["dataset"], tag=said["version"], key=said["key"], verdict=said["verdict"], lift=said["lift"],
            harmed=tuple(said["harmed"]), unknown=tuple(said["unknown"]), facts=said["facts"],
            notices=tuple(said["notices"]), tables=tables,
            curves={name: tuple(losses) for name, losses in said["curves"].items()}, mark=said.get("mark", ""),
        )  # fmt: skip


def notes_of(version: DatasetVersion) -> Path:
    """The folder in which a dataset keeps what was found out about its versions."""
    return version.dataset.place / "notes"


def mark_of(classifier: str) -> str:
    """The mark of reports that speak of this `[lift] classifier`."""
    return "" if classifier == "reference" else hash_of(classifier)[:6]


def keep(report: LiftReport, version: DatasetVersion) -> Path:
    """Keep a report with its version, in place of an earlier one of the same classifier; where it lies."""
    path = _path(version, report.draws, report.mark)
    with durable.writing_to(version.dataset.place):
        durable.write(path, json.dumps(report.to_json(), indent=1, ensure_ascii=False).encode())
    return path


def kept_with(version: DatasetVersion, draws: int = 1, mark: str = "") -> LiftReport | None:
    """The report of one classifier that is kept with a version, alone or over several draws; None if there is none."""
    return _read(_path(version, draws, mark))


def every(version: DatasetVersion) -> list[LiftReport]:
    """The reports on a version alone, one a classifier, the modality's own classifier first."""
    there = sorted(notes_of(version).glob(f"{version.tag}/lift*.json"), key=lambda path: path.stem)
    reports = [_read(path) for path in there if not path.stem.endswith("-draws")]
    return [report for report in reports if report is not None]


def notices(reports: Sequence[LiftReport]) -> list[str]:
    """What the first of these reports says first, and what each of the others finds, in a sentence."""
    first = list(reports[0].notices) if reports else []
    return first + [
        f"Lift with {report.facts.get('classifier', 'another classifier')}: {report.verdict}"
        + (f"; it harms {', '.join(report.harmed)}" if report.harmed else "")
        + "."
        for report in reports[1:]
    ]


def _read(path: Path) -> LiftReport | None:
    try:
        return LiftReport.from_json(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetError(
            f"{path} is damaged ({error}). Remove it and run `synthgen lift` again: what was trained is kept."
        ) from error


def short_of(report: LiftReport | None, require: Require) -> str | None:
    """Why a version must not be approved, or None: its recipe's `[lift] require` is not met."""
    if require == "none":
        return None
    if report is None:
        return (
            f'[lift] require = "{require}", but lift was not measured. Run `synthgen lift` on this version.'
        )
    if report.harmed:
        classes = ", ".join(report.harmed)
        return f'[lift] require = "{require}", but {report.title} harms {classes}: see `synthgen lift {report.title}`.'
    if require == "lift" and not report.lift:
        return f'[lift] require = "lift", but of {report.title} {report.verdict}.'
    return None


def approve(version: DatasetVersion, require: Require = "none") -> None:
    """Give a version its approved tag. DatasetError where it does not show what its recipe requires, and this."""
    check_required(version)
    _check(version, require)
    version.dataset.approve(version.tag)


def check_required(version: DatasetVersion) -> None:
    """Raise DatasetError where a version may not get its approved tag. To be asked before it is given."""
    _check(version, version.record["recipe"].get("lift", {}).get("require", "none"))


def _check(version: DatasetVersion, require: Require) -> None:
    reports: Sequence[LiftReport | None] = every(version) or [None]
    if reason := next(filter(None, (short_of(report, require) for report in reports)), None):
        raise DatasetError(f"{version.dataset.place.name}@{version.tag} cannot be approved: {reason}")


def _path(version: DatasetVersion, draws: int, mark: str) -> Path:
    parts = ["lift", *filter(None, (mark, "" if draws == 1 else f"{draws}-draws"))]
    return notes_of(version) / version.tag / f"{'-'.join(parts)}.json"
