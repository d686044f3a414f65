import os
import signal
import subprocess
import sys
from pathlib import Path

import lance
import pytest
from made_up import made_up, published

from synthgen.dataset import Dataset
from synthgen.errors import BalanceError, OutdatedBase, PublishError
from synthgen.stages.publish import publish

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(tmp_path):
    return tmp_path / "digits"


def run_in_child(place: Path, before: str, **how: object) -> subprocess.CompletedProcess[str]:
    """Publish in a process of its own, after the statements `before`."""
    code = f"""
import os, resource, signal, sys
from pathlib import Path
from made_up import made_up
from synthgen.dataset import Dataset
import lance, synthgen.stages.publish as stage
run = made_up(Path({str(place)!r}), **{how!r})
die = lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL)
{before}
try:
    print(stage.publish(Dataset(Path({str(place)!r})), *run).tag)
except Exception as error:
    print(type(error).__name__, error)
"""
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    return subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True
    )


def test_what_was_staged_is_published_with_its_decisions(place):
    version = published(place)
    rows = list(version.rows())
    assert [row["decision"] for row in rows[:4]] == ["kept", "surplus", "rejected", "failed"]
    assert version.record["counts"] == {"jobs": 40, "kept": 10, "surplus": 10, "rejected": 10, "failed": 10}
    assert "embedding" not in rows[0]
    assert version.dataset.open("v1").digest == version.digest
    assert all((row["payload"] is None) == (row["decision"] == "failed") for row in rows)


def test_rows_lie_in_a_lance_dataset_of_the_promised_kind(place):
    table = published(place).table
    assert (table.data_storage_version, table.has_stable_row_ids) == ("2.1", True)
    assert table.schema.field("id").metadata == {b"lance-schema:unenforced-primary-key": b"true"}


def test_the_same_run_is_published_once(place):
    first = published(place)
    again = published(place)
    assert (again.tag, again.number, again.digest) == (first.tag, first.number, first.digest)
    assert len(Dataset(place).versions) == 1


def test_the_digest_is_that_of_the_rows_however_they_were_sharded(place, tmp_path):
    assert published(place, shard=16).digest == published(tmp_path / "other", shard=7).digest


def test_a_changed_run_replaces_the_rows_and_the_old_version_stays_readable(place):
    first = published(place)
    rows = list(first.rows())
    second = published(place, name="changed", n=8)
    assert (second.tag, len(second)) == ("v2", 8)
    assert list(Dataset(place).open("v1").rows()) == rows


def test_a_request_adds_to_the_newest_version(place):
    base = published(place)
    run = made_up(place, name="request", n=8, base=base)
    version = publish(Dataset(place), *run, base)
    rows = list(version.rows())
    assert rows[:40] == list(base.rows())
    assert len(rows) == 48
    assert version.record["counts"]["jobs"] == 48
    assert version.digest != base.digest


def test_a_request_on_a_version_that_is_no_longer_the_newest_is_refused(place):
    base = published(place)
    run = made_up(place, name="request", n=8, base=base)
    published(place, name="meanwhile")
    with pytest.raises(OutdatedBase, match="v2"):
        publish(Dataset(place), *run, base)
    assert len(Dataset(place).versions) == 2


def test_a_request_adds_to_its_base_even_if_a_foreign_commit_lies_on_top(place):
    base = published(place)
    lance.dataset(str(base.dataset.uri)).delete("label = '6'")
    version = publish(Dataset(place), *made_up(place, name="request", n=8, base=base), base)
    assert len(version) == 48


def test_rejected_payloads_are_left_out_if_the_recipe_says_so(place):
    version = publish(Dataset(place), *made_up(place), keep_rejected=False)
    rejected = list(version.rows(where="decision = 'rejected'"))
    assert [row["payload"] for row in rejected] == [None] * 10
    assert all(row["payload_sha256"] and row["reasons"] for row in rejected)
    assert all(row["payload"] for row in version.rows(where="decision = 'kept'"))


def lose_a_shard(run):
    return run._replace(staged=run.staged[1:])


def lose_a_decision(run):
    return run._replace(decisions=dict(list(run.decisions.items())[1:]))


def decide_on_a_stranger(run):
    return run._replace(decisions=run.decisions | {"stranger": "kept"})


def stage_a_shard_twice(run):
    return run._replace(staged=[*run.staged, run.staged[0]])


def count_wrong(run):
    return run._replace(record=run.record | {"counts": run.record["counts"] | {"kept": 9, "surplus": 11}})


def lose_a_job(run):
    return run._replace(record=run.record | {"counts": run.record["counts"] | {"jobs": 41}})


def lose_a_source(run):
    return run._replace(record=run.record | {"source": run.record["source"] | {"items": 22}})


@pytest.mark.parametrize(
    "spoil",
    [
        lose_a_shard, lose_a_decision, decide_on_a_stranger, stage_a_shard_twice, count_wrong, lose_a_job,
        lose_a_source,
    ],
)  # fmt: skip
def test_a_run_that_does_not_balance_is_not_published(place, spoil):
    run = made_up(place)
    with pytest.raises(BalanceError):
        publish(Dataset(place), *spoil(run))
    assert not Dataset(place).exists
    assert not list((place / "dataset.lance").rglob("*.lance"))
    assert publish(Dataset(place), *run).tag == "v1"


@pytest.mark.parametrize(
    "kill",
    [
        "stage._write_rows = die",
        "write = stage.durable.write; stage.durable.write = lambda *a: (write(*a), die())",
        "lance.LanceDataset.commit = die",
        "commit = lance.LanceDataset.commit; lance.LanceDataset.commit = lambda *a, **k: (commit(*a, **k), die())",
        "Dataset.tag = die",
    ],
    ids=["before the rows", "after the record", "before the commit", "after the commit", "before the tag"],
)
@pytest.mark.parametrize("had", [0, 1])
def test_a_run_killed_at_any_point_is_published_once_by_the_next(place, tmp_path, kill, had):
    for i in range(had):
        published(place, name=f"earlier {i}")
    child = run_in_child(place, kill)
    assert child.returncode == -signal.SIGKILL, child.stderr
    version = published(place)
    assert version.digest == published(tmp_path / "undisturbed").digest
    assert [info.tag for info in Dataset(place).versions] == ["v1", "v2"][: had + 1]
    assert len(version) == 40


def test_a_full_disk_is_said_and_what_was_staged_is_published_when_there_is_room(place):
    limit = "resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))"
    child = run_in_child(place, limit, size=6000)
    assert child.stdout.startswith("PublishError"), child.stdout + child.stderr
    assert "run again" in child.stdout
    assert not list((place / "dataset.lance").rglob("*.lance"))
    assert len(list((place / "staging").glob("*.arrow"))) == 3
    assert published(place, size=6000).tag == "v1"


def test_an_outputs_folder_that_is_a_file_is_said_in_words(tmp_path):
    run = made_up(tmp_path / "digits")
    (tmp_path / "outputs").write_text("")
    with pytest.raises(PublishError, match="a file lies where a folder should be"):
        publish(Dataset(tmp_path / "outputs" / "digits"), *run)


def test_one_run_waits_for_another_in_a_second_process(place):
    dataset = Dataset(place)
    dataset.prepare()
    with dataset.lock():
        child = subprocess.Popen(
            [sys.executable, "-c", f"from synthgen.dataset import *; from pathlib import Path\n"
             f"with Dataset(Path({str(place)!r})).lock(): print('in')"],
            cwd=ROOT, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(timeout=2)
    assert child.communicate(timeout=30)[0] == "in\n"
