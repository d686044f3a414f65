from __future__ import annotations

import json

import pytest

from flows.lift import redraws

QUICK = ["--seeds", "3", "--set", "lift.steps=20", "--set", "lift.size=8", "--set", "lift.searches=1"]


@pytest.mark.slow
def test_lift_is_measured_in_a_flow_shown_as_an_artifact_and_found_again(server, synthgen, recipe, api):
    assert synthgen("run", "quick.toml").returncode == 0
    done = synthgen("lift", "quick", *QUICK, "--json", "--html")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [row["arm"] for row in report["tables"]["arms"]["rows"]][:5] == [
        "naive", "balanced", "adjusted", "synthetic", "synthetic only",
    ]  # fmt: skip
    assert (recipe.parent / "outputs/quick/lift-v1.html").read_text().count("data:image/png") == 2
    found = api("/artifacts/quick-lift/latest")
    assert found["data"].count("data:image/png") == 2
    runs = api("/task_runs/filter", {"task_runs": {"name": {"like_": "naive, seed"}}})
    assert len(runs) >= 1
    again = synthgen("lift", "quick", *QUICK)
    assert again.returncode == 0
    assert "Against the strong baseline" in again.stdout
    assert "measured before" in again.stderr
    assert "Lift: classes" in synthgen("audit", "quick").stdout


@pytest.mark.slow
def test_a_cut_makes_a_dataset_of_its_own(server, synthgen, recipe):
    done = synthgen("lift", "quick.toml", *QUICK, "--cut", "0=6,1=5", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    counts = {row["class"]: row["train"] for row in report["tables"]["classes"]["rows"]}
    assert report["dataset"].startswith("quick-cut-")
    assert (counts["0"], counts["1"], counts["6"]) == (6, 5, 12)


def test_further_draws_of_train_start_where_redraw_says():
    assert redraws(None, 1, approve=False) == [None]
    assert redraws(7, 1, approve=False) == [7]
    assert redraws(None, 3, approve=False) == [1, 2, 3]
    assert redraws(101, 4, approve=False) == [101, 102, 103, 104]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["nope"], 5, "no dataset 'nope'"),
        (["quick.toml"], 5, "holds no published version"),
        (["quick.toml", "--cut", "6"], 2, "write CLASS=N"),
        (["quick.toml", "--cut", "6=0"], 2, "write CLASS=N"),
        (["quick.toml", "--seeds", "2"], 2, "seeds"),
        (["quick.toml", "--draws", "2"], 2, "needs at least 3"),
        (["quick.toml", "--draws", "3", "--approve"], 2, "leave out --approve"),
    ],
)
def test_a_mistake_is_told_before_a_server_is_started(synthgen, recipe, arguments, code, said):
    done = synthgen("lift", *arguments)
    assert (done.returncode, done.stdout) == (code, "")
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
