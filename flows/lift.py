"""The flow that measures whether a version's samples help."""

from __future__ import annotations

import copy
import logging
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from prefect import flow, runtime
from prefect.task_runners import ThreadPoolTaskRunner

from flows.executor import PrefectExecutor, in_flow
from flows.generate import MOST_WORKERS

if TYPE_CHECKING:
    from synthgen.dataset import DatasetVersion
    from synthgen.recipe import Recipe


MOST_DRAWS = 50


class Resolved(NamedTuple):
    """The recipe of a version, and the version; None where it has to be made first."""

    recipe: Recipe
    version: DatasetVersion | None


def run_name() -> str:
    """The dataset's name and the time, as the list of runs shows it."""
    return f"{Path(str(runtime.flow_run.parameters['dataset'])).stem} {datetime.now():%Y-%m-%d %H:%M:%S}"


@flow(
    name="lift",
    flow_run_name=run_name,
    task_runner=ThreadPoolTaskRunner(max_workers=MOST_WORKERS),
    persist_result=True,
    result_serializer="json",
)
def measure_lift(
    dataset: str,
    overrides: list[str] = [],  # noqa: B006
    ablate: bool = False,
    cut: str = "",
    redraw: int | None = None,
    draws: int = 1,
    approve: bool = False,
) -> dict[str, Any]:
    """Train with and without a version's kept samples and test on the holdout: do they help, and which classes?

    Args:
        dataset: A dataset under outputs/ or a folder, at its newest version or at @v2; or a recipe that was run.
        overrides: Settings in place of the recipe's, such as lift.seeds=3 or source.path=photos.
        ablate: Also leave out each generator in turn, and split the samples by the scores of each filter.
        cut: Train samples to leave in a class, as in 6=12,9=8: the samples are made anew for that.
        redraw: Draw train anew from train and pool by this seed: the samples are made anew for that.
        draws: Draws of train over which it is measured, by the seeds 1, 2, ... (or from `redraw` on): one says how
            this train split fares, three or more how such data do.
        approve: Give the version its approved tag, if it shows what its recipe requires.
    """
    from synthgen import lift_report, pipeline
    from synthgen.measuring import measure_draws

    logging.getLogger("synthgen").setLevel(logging.INFO)  # else the server gets warnings only
    made = [resolved(dataset, overrides, cut, seed) for seed in redraws(redraw, draws, approve)]
    executor = PrefectExecutor(made[0].recipe.workers) if in_flow() else pipeline.InProcess()
    versions = [one.version or pipeline.run(one.recipe, executor).version for one in made]
    pairs = [(one.recipe, version) for one, version in zip(made, versions, strict=True)]
    report = measure_draws(pairs, executor, ablate=ablate)
    recipe, version = pairs[0]
    if in_flow():
        from flows.artifacts import publish_lift

        executor.call("artifact", publish_lift, report)
    if approve:
        lift_report.approve(version, recipe.lift.require)
    return {
        "place": str(version.dataset.place),
        "version": version.tag,
        "draws": draws,
        "mark": report.mark,
        "verdict": report.verdict,
        "unmet": lift_report.short_of(report, recipe.lift.require),
        "approved": approve,
    }


def redraws(redraw: int | None, draws: int, approve: bool) -> list[int | None]:
    """The seeds by which train is drawn; None is train as it is."""
    from synthgen.errors import RecipeError

    if draws < 1 or draws > MOST_DRAWS:
        raise RecipeError(f"--draws {draws}: give 1 to {MOST_DRAWS}.")
    if draws == 1:
        return [redraw]
    if approve:
        raise RecipeError("--draws measures other versions than the one to be approved: leave out --approve.")
    if draws < 3:
        raise RecipeError("--draws 2: an interval over draws of train needs at least 3.")
    first = 1 if redraw is None else redraw
    return list(range(first, first + draws))


def resolved(dataset: str, overrides: list[str], cut: str = "", redraw: int | None = None) -> Resolved:
    """The recipe and version that a name means. A recipe's dataset is the newest version it made; with a cut or redraw
    there is none yet."""
    from synthgen.cut import cut_recipe, parse_cut
    from synthgen.dataset import Dataset, open_dataset
    from synthgen.errors import DatasetError
    from synthgen.recipe import SHIPPED, load_recipe, parse_recipe

    leave, version = parse_cut(cut), None
    try:
        if dataset.endswith(".toml"):
            raise DatasetError("a recipe")
        version = open_dataset(dataset)
        data = copy.deepcopy(version.record["recipe"])
        data["publish"]["to"] = str(version.dataset.place.parent)
        recipe = parse_recipe(data, overrides)
    except DatasetError:
        if not dataset.endswith(".toml") and not (SHIPPED / f"{dataset}.toml").is_file():
            raise
        recipe = load_recipe(dataset, overrides)
    if leave or redraw is not None:
        return Resolved(cut_recipe(recipe, leave, redraw), None)
    return Resolved(recipe, version or Dataset(recipe.place).open())
