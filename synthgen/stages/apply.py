"""The steps of a recipe on samples in memory: for training loaders, paired views and policy search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from synthgen.chain import Models, run_chain
from synthgen.checked import checked
from synthgen.contract import LabelContract, Refusal
from synthgen.errors import RecipeError
from synthgen.recipe_parts import GenerateEntry
from synthgen.sample import Failed, Job, Made, Sample


def apply(
    steps: Sequence[Mapping[str, Any]], samples: Sequence[Sample], seed: int, *,
    contract: LabelContract | None = None, models: Models | None = None, first_index: int = 0,
) -> list[Made | Failed]:  # fmt: skip
    """One answer a sample, in order: what a `[[generate]]` entry with these steps makes of it, inside the contract.

    `steps` are written as in a recipe: `[{"use": "image/affine", "turn_range": [-10, 10]}]`. The same steps, samples,
    seed and index give the same payloads, however they are batched; raise `first_index` for other draws. Raises
    RecipeError where the contract lets the steps do nothing to a class, or a step needs a model and none is given.
    """
    entry: GenerateEntry = checked(GenerateEntry, {"steps": list(steps)}, "steps")
    if entry.parents != 1:
        raise RecipeError(
            f"{entry.name} takes {entry.parents} parents; apply gives each sample as the one parent."
        )
    rules, jobs = contract or LabelContract(), []
    for i, sample in enumerate(samples):
        routes = rules.routes(entry.effects(), sample.label or "", ())
        if isinstance(routes, Refusal):
            raise RecipeError(f"{entry.name} on {sample.label!r}: {routes.reason}")
        jobs.append(Job(0, sample.label or "", first_index + i, (sample.id,), routes[0].bounds, seed))
    outcomes = run_chain(entry, jobs, [(sample,) for sample in samples], models or {})
    return [outcome.made for outcome in outcomes]
