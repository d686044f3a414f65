"""Two versions of a dataset side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.terminal import print_json, print_table, say

if TYPE_CHECKING:
    from synthgen.stages.diff import Diff

MOST_IDS = 200


def show_diff(answer: Diff, ids: bool, as_json: bool) -> None:
    """Counts per class and generator, and the samples if they are asked for."""
    samples = [
        {
            "sample": c.id, "class": c.label, "generator": c.generator, "what": c.what,
            f"in {answer.before}": c.before or "", f"in {answer.after}": c.after or "",
        }
        for c in answer.changes
    ]  # fmt: skip
    if as_json:
        said = {"dataset": answer.dataset, "before": answer.before, "after": answer.after}
        print_json(said | {"classes": answer.rows(), "samples": samples})
        return
    if not answer.changes:
        say(f"{answer.before} and {answer.after} of {answer.dataset} hold the same samples.")
        return
    print_table(
        f"{answer.dataset}: from {answer.before} to {answer.after}", answer.rows(),
        note="Came and went: of the kept ones. Decided anew: jobs that neither keeps, or surplus turned rejected. "
        "Made anew: the same sample, other bytes.",
    )  # fmt: skip
    if ids:
        more = len(samples) - MOST_IDS
        print_table("Samples", samples[:MOST_IDS], note=f"{more} more: --json lists all." if more > 0 else "")
