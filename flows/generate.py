"""The flow that makes the dataset of a recipe."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect import flow, runtime
from prefect.task_runners import ThreadPoolTaskRunner

from flows.executor import PrefectExecutor, in_flow

if TYPE_CHECKING:
    from synthgen.recipe import Recipe

MOST_WORKERS = 256
"""Threads that may be started; how many work at a time is the recipe's `workers`."""


def run_name() -> str:
    """The recipe's name and the time, as the list of runs shows it."""
    return f"{Path(str(runtime.flow_run.parameters['recipe'])).stem} {datetime.now():%Y-%m-%d %H:%M:%S}"


@flow(
    name="generate",
    flow_run_name=run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=MOST_WORKERS),
    persist_result=True,
    result_serializer="json",
)
def generate_dataset(recipe: str, overrides: list[str] = [], fresh: bool = False) -> dict[str, Any]:  # noqa: B006
    """Make what a recipe asks for and publish it as a version of its dataset.

    Args:
        recipe: The path of a recipe's TOML file, or the name of a shipped recipe.
        overrides: Settings in place of the recipe's, such as generate.0.share=0.5.
        fresh: Leave out what earlier requests added.
    """
    from synthgen.recipe import load_recipe

    return carry_out(load_recipe(recipe, overrides), fresh=fresh)


def carry_out(
    recipe: Recipe, *, request: Mapping[str, int] | None = None, fresh: bool = False
) -> dict[str, Any]:
    """Run the pipeline, as Prefect tasks inside a flow run, and audit what was published. Returns JSON-safe facts."""
    from synthgen import pipeline
    from synthgen.stages.audit import audit

    logging.getLogger("synthgen").setLevel(logging.INFO)  # else the server gets warnings only
    executor = PrefectExecutor(recipe.workers) if in_flow() else pipeline.InProcess()
    published = pipeline.run(recipe, executor, request=request, fresh=fresh)
    facts = {"place": str(recipe.place), "version": published.version.tag, "new": published.new}
    if in_flow():
        from flows.artifacts import are_there, publish_artifacts

        if published.new or not are_there(recipe.name, published.version.tag):
            report = executor.call("audit", audit, published.version)
            executor.call("artifacts", publish_artifacts, report)
    return facts
