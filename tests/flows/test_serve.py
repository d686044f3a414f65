from __future__ import annotations

import json
import time
import urllib.error
from collections.abc import Callable
from typing import Any

import pytest

from synthgen.errors import RecipeError
from synthgen.recipe import load_recipe

SCHEDULE = '[schedule]\ncron = "0 3 * * *"\ntimezone = "Europe/Madrid"\n'


def wait_for(what: Callable[[], Any], seconds: float = 90) -> Any:
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.5)
    return found


@pytest.mark.parametrize(
    ("cron", "zone"), [("every day", "UTC"), ("0 3 * *", "UTC"), ("0 3 * * *", "Mars/Base")]
)
def test_a_schedule_that_is_none_is_refused_in_words(recipe, cron, zone):
    from flows.serve import deployments

    wrong = load_recipe(str(recipe), [f"schedule.cron={cron}", f"schedule.timezone={zone}"])
    with pytest.raises(RecipeError, match="is no schedule"):
        deployments(wrong, str(recipe), [])


@pytest.mark.server
def test_a_served_recipe_runs_on_schedule_and_on_demand(server, api, spawn, synthgen, recipe):
    recipe.write_text(recipe.read_text() + SCHEDULE)
    assert synthgen("run", "quick.toml").returncode == 0
    serving = spawn("serve", "quick.toml")

    def served() -> dict[str, Any] | None:
        names = {f"{d['status']} {d['name']}": d for d in api("/deployments/filter", {})}
        return (
            names
            if len([n for n in names if n == "READY quick"]) and len(api("/deployments/filter", {})) >= 2
            else None
        )

    wait_for(served)
    by_flow = {d["entrypoint"].rsplit(".", 1)[-1]: d for d in api("/deployments/filter", {})}
    generate, rare_class = by_flow["generate_dataset"], by_flow["generate_rare_class"]

    def scheduled() -> list[Any]:
        waiting = {
            "deployments": {"id": {"any_": [generate["id"]]}},
            "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        }
        return api("/flow_runs/filter", waiting)

    runs = wait_for(scheduled)
    assert all(
        "T02:00:00" in run["expected_start_time"] or "T01:00:00" in run["expected_start_time"] for run in runs
    )

    done = synthgen("request", "quick.toml", "--label", "6", "--count", "4", "--json")
    assert done.returncode == 0, done.stderr
    assert "Asked the served deployment rare-class/quick" in done.stderr
    assert json.loads(done.stdout)["version"] == "v2"

    left = synthgen("request", "quick.toml", "--label", "9", "--count", "2", "--no-wait", "--json")
    run_id = json.loads(left.stdout)["flow_run"]

    def ended(run: str) -> dict[str, Any] | None:
        state = api(f"/flow_runs/{run}")["state"]
        return state if state["type"] in ("COMPLETED", "FAILED", "CRASHED") else None

    assert wait_for(lambda: ended(run_id))["type"] == "COMPLETED"

    unknown = api(
        f"/deployments/{rare_class['id']}/create_flow_run", {"parameters": {"label": "no such", "count": 2}}
    )
    state = wait_for(lambda: ended(unknown["id"]))
    assert state["type"] == "FAILED"
    assert "RecipeError: the source has no class 'no such'" in state["message"]

    with pytest.raises(urllib.error.HTTPError, match="409|422"):
        api(f"/deployments/{rare_class['id']}/create_flow_run", {"parameters": {"label": "6", "count": 0}})
    assert serving.poll() is None
