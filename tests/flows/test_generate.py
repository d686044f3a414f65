from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path

import pytest

from synthgen import pipeline
from synthgen.dataset import open_dataset
from synthgen.recipe import load_recipe

pytestmark = pytest.mark.server
MANY = ("--set", "targets.counts={6=700,9=700}")


def test_flow_and_process_publish_the_same_digest_and_a_second_run_nothing(
    server, synthgen, recipe, tmp_path
):
    first = synthgen("run", "quick.toml", "--json")
    assert first.returncode == 0, first.stderr
    through_flow = json.loads(first.stdout)
    assert (through_flow["new"], through_flow["version"]) == (True, "v1")
    assert through_flow["counts"]["kept"] == 56

    here = pipeline.run(load_recipe(str(recipe), [f"publish.to={tmp_path}/here", "workers=1"]))
    assert here.version.digest == through_flow["digest"]

    again = json.loads(synthgen("run", "quick.toml", "--json").stdout)
    assert (again["new"], again["version"], again["digest"]) == (False, "v1", through_flow["digest"])


def test_a_request_adds_a_version_and_keeps_what_was_there(server, synthgen, recipe, tmp_path):
    assert synthgen("run", "quick.toml").returncode == 0
    done = synthgen("request", "quick.toml", "--label", "6", "--count", "5", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["version"] == "v2"
    old, new = (open_dataset(f"quick@{tag}", tmp_path / "outputs") for tag in ("v1", "v2"))
    kept = [
        {row["id"] for row in version.rows(["id", "decision"]) if row["decision"] == "kept"}
        for version in (old, new)
    ]
    assert kept[0] < kept[1]
    assert len(kept[1] - kept[0]) == 5


def test_the_flows_work_as_plain_functions_too(recipe, tmp_path, monkeypatch):
    from flows.generate import generate_dataset
    from flows.rare_class import generate_rare_class

    monkeypatch.chdir(tmp_path)
    facts = generate_dataset.fn(str(recipe))
    assert facts == {"place": "outputs/quick", "version": "v1", "new": True}
    assert generate_rare_class.fn(str(recipe), "9", 3)["version"] == "v2"


def test_a_run_that_is_killed_goes_on_from_its_shards_and_ends_the_same(
    server, spawn, synthgen, recipe, tmp_path
):
    staging = tmp_path / "outputs" / "quick" / "staging"
    process = spawn("run", "quick.toml", *MANY)
    until = time.monotonic() + 200
    while len(done := set(staging.glob("*.arrow"))) < 5:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < until
        time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = {path.stem for path in staging.glob("*.arrow")}

    again = synthgen("run", "quick.toml", *MANY, "--json")
    assert again.returncode == 0, again.stderr
    version = open_dataset("quick", tmp_path / "outputs")
    runs = {row["shard_key"]: row["run_id"] for row in version.rows(["shard_key", "run_id"])}
    assert done < set(runs), "the kill came too late to show anything"
    first, second = {runs[key] for key in done}, {run for key, run in runs.items() if key not in done}
    assert (len(first), len(second)) == (1, 1)
    assert first != second

    whole = pipeline.run(load_recipe(str(recipe), [MANY[1], f"publish.to={tmp_path}/whole"]))
    assert whole.version.digest == version.digest == json.loads(again.stdout)["digest"]


def test_a_mistake_in_the_middle_is_one_line_and_the_run_is_failed_on_the_server(
    server, synthgen, recipe, api
):
    done = synthgen("run", "quick.toml", "--set", "contract.label.6x.turn=30")
    assert done.returncode == 2
    assert "'6x'" in done.stderr
    assert "Traceback" not in done.stderr
    newest = api("/flow_runs/filter", {"sort": "START_TIME_DESC", "limit": 1})[0]
    assert newest["state"]["type"] == "FAILED"
    assert "'6x'" in newest["state"]["message"]


def test_ctrl_c_says_that_staged_work_is_kept(server, spawn, recipe, tmp_path):
    process = spawn("run", "quick.toml", *MANY)
    log = tmp_path / "spawned-0.log"
    until = time.monotonic() + 100
    while not any((tmp_path / "outputs" / "quick" / "staging").glob("*.arrow")):
        assert time.monotonic() < until
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    assert "What was staged is kept" in Path(log).read_text()
    assert "Traceback" not in Path(log).read_text()
