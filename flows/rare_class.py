"""The flow that makes more samples of one class, on demand."""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner
from pydantic import Field

from flows.generate import MOST_WORKERS, carry_out, run_name
from flows.request import checked_request
from synthgen.pipeline import MOST_REQUESTED


@flow(
    name="rare-class",
    flow_run_name=run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=MOST_WORKERS),
    persist_result=True,
    result_serializer="json",
)
def generate_rare_class(
    recipe: str,
    label: str,
    count: Annotated[int, Field(ge=1, le=MOST_REQUESTED)] = 20,
    overrides: list[str] = [],  # noqa: B006
) -> dict[str, Any]:
    """Make more samples of one class and publish them as the dataset's next version.

    Args:
        recipe: The path of a recipe's TOML file, or the name of a shipped recipe.
        label: The class, exactly as the source names it.
        count: How many kept samples to add.
        overrides: Settings in place of the recipe's, such as generate.0.share=0.5.
    """
    return carry_out(checked_request(recipe, label, count, overrides), request={label: count})
