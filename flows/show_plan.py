"""What a run would make, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flows.terminal import print_table, say

if TYPE_CHECKING:
    from synthgen.recipe import Recipe


def planned(recipe: Recipe) -> dict[str, Any]:
    """The plan of the first round, JSON-safe. Looks at file headers alone and loads no model."""
    from synthgen.stages.fit import trainings
    from synthgen.stages.plan import plan
    from synthgen.stages.read import read

    index = read(recipe, deep=False)
    made = plan(recipe, index)
    entries = {line.entry for line in made.lines if line.jobs}
    todo = trainings(recipe, index, entries, recipe.place / "models") if entries else []
    jobs = {c: sum(line.jobs for line in made.lines if line.label == c) for c in made.wanted}
    return {
        "recipe": recipe.name,
        "place": str(recipe.place),
        "classes": [
            {
                "class": c, "real": made.have[c], "target": n, "missing": max(n - made.have[c], 0), "jobs": jobs[c],
            }
            for c, n in made.wanted.items()
        ],
        "jobs": [
            {
                "entry": line.entry, "generator": line.generator, "class": line.label, "jobs": line.jobs,
                "parents": line.parents, "contract": list(line.notes),
            }
            for line in made.lines
        ],
        "refused": [
            {"entry": one.entry, "generator": one.generator, "class": one.label, "reason": one.reason}
            for one in made.refused
        ],
        "training": [
            {"model": t.name, "for": t.kind, "there": t.found, "seconds_estimate": 0 if t.found else round(t.seconds)}
            for t in todo
        ],
        "quarantined": [
            {"place": q.place, "reason": q.reason, "split": q.split} for q in index.quarantined
        ],
    }  # fmt: skip


def show(plan: dict[str, Any]) -> None:
    """The plan in the terminal."""
    print_table(f"{plan['recipe']}: classes", plan["classes"])
    print_table(
        "Jobs of the first round", plan["jobs"], "No class is below its target: there is nothing to make.\n"
    )
    print_table("Refused by the label contract", plan["refused"])
    print_table("Models to have ready", plan["training"])
    print_table("Quarantined", plan["quarantined"][:20])
    seconds = sum(t["seconds_estimate"] for t in plan["training"])
    if seconds:
        say(f"Training takes about {seconds} s on one core, once: models are kept and found again.")
