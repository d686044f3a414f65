"""Versions, exports and checks of a dataset, as rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from flows.terminal import print_json, print_table, say
from synthgen import registry
from synthgen.dataset import open_dataset

if TYPE_CHECKING:
    from synthgen.stages.verify import Verification

MOST_PROBLEMS = 50


def version_rows(name: str) -> list[dict[str, Any]]:
    """One row a version, the newest last."""
    rows = []
    for info in open_dataset(name).dataset.versions:
        counts = info.record["counts"]
        rows.append(
            {
                "version": info.tag,
                "made": f"{info.created_at:%Y-%m-%d %H:%M} UTC",
                "kept": counts["kept"],
                "rejected": counts["rejected"],
                "jobs": counts["jobs"],
                "base": info.record["base"] or "",
                "requested": info.record["extra"],
                "short": sum(info.record["shortfall"].values()),
                "approved": info.approved,
                "run_key": info.run_key[:12],
            }
        )
    return rows


def show_verified(answer: Verification, as_json: bool) -> bool:
    """Whether all is as it was published; every problem otherwise."""
    problems = [{"part": p.part, "id": p.id, "problem": p.says} for p in answer.problems]
    if as_json:
        print_json({"dataset": answer.name, "ok": answer.ok, "checked": answer.checked, "problems": problems})
        return answer.ok
    checked = ", ".join(f"{n:,} {what}" for what, n in answer.checked.items())
    print_table(f"Problems of {answer.name}", problems[:MOST_PROBLEMS])
    if answer.ok:
        say(f"{answer.name} is as it was published. Checked: {checked}.")
    else:
        say(
            f"{len(problems)} problems. Checked: {checked}. --json lists all; `synthgen run` makes what is lost again."
        )
    return answer.ok


def exported(name: str, to: str, folder: Path, with_sources: bool) -> dict[str, Any]:
    """Write a version in another format; how many samples, and where."""
    version = open_dataset(name)
    export = registry.find("exports", to.replace("-", "_"))()
    count = export.write(version, folder, with_sources=with_sources)
    return {
        "dataset": version.dataset.place.name,
        "version": version.tag,
        "format": to,
        "samples": count,
        "folder": str(folder),
    }
