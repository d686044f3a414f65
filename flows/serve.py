"""A recipe's deployments: `generate`, on a schedule and on demand, and `rare-class` for one class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flows.escape import markdown
from flows.generate import generate_dataset
from flows.rare_class import generate_rare_class
from synthgen.errors import RecipeError

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Schedule

    from synthgen.recipe import Recipe

POLL_S = 5


def serve_recipe(recipe: Recipe, name: str, overrides: Sequence[str]) -> None:
    """Serve both deployments until interrupted. They share one place at work: runs of a dataset follow one another."""
    from prefect import serve

    serve(*deployments(recipe, name, overrides), limit=1, query_seconds=POLL_S, print_starting_message=False)


def deployments(recipe: Recipe, name: str, overrides: Sequence[str]) -> list[RunnerDeployment]:
    """`generate/<recipe>` and `rare-class/<recipe>`. `name` is the recipe's path, or its name if it is shipped."""
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.types.entrypoint import EntrypointType

    parameters = {"recipe": lasting(name), "overrides": list(overrides)}
    one_at_a_time = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)
    schedule = _schedule(recipe)
    generate = generate_dataset.to_deployment(
        recipe.name,
        schedules=[schedule] if schedule else None,
        parameters=parameters,
        concurrency_limit=one_at_a_time,
        tags=["synthgen", recipe.name],
        description=f"{markdown(recipe.description, 2000)}\n\nMakes what the recipe asks for, if it is not there.",
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    rare_class = generate_rare_class.to_deployment(
        recipe.name,
        parameters=parameters,
        concurrency_limit=one_at_a_time,
        tags=["synthgen", recipe.name],
        description="More samples of one class: the dataset's next version.",
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return [generate, rare_class]


def lasting(name: str) -> str:
    """The recipe's absolute path, or its name if it is a shipped one."""
    return str(Path(name).expanduser().resolve()) if name.endswith(".toml") else name


def _schedule(recipe: Recipe) -> Schedule | None:
    from prefect.schedules import Cron

    if (asked := recipe.schedule) is None:
        return None
    try:
        from zoneinfo import ZoneInfo

        ZoneInfo(asked.timezone)
        return Cron(asked.cron, timezone=asked.timezone, active=not asked.paused)
    except (ValueError, KeyError, OSError) as error:
        raise RecipeError(
            f"[schedule] cron = {asked.cron!r}, timezone = {asked.timezone!r} is no schedule: {error}. "
            f'Write five fields, such as cron = "0 3 * * *" for three at night, and a zone such as "Europe/Madrid".'
        ) from error
