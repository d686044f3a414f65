import json
import os
import threading
from pathlib import Path

import lance
import pytest
from made_up import SOURCE, SOURCE_SHA, made_up, published

from synthgen.dataset import Dataset, equals, open_dataset
from synthgen.errors import DatasetError
from synthgen.mending import manifest_path
from synthgen.stages.publish import publish


@pytest.fixture
def place(tmp_path):
    return tmp_path / "digits"


def test_a_folder_without_versions_is_told_from_one_with(place):
    dataset = Dataset(place)
    assert not dataset.exists
    assert dataset.versions == []
    assert dataset.find_run("none") is None
    with pytest.raises(DatasetError, match="no published version"):
        dataset.open()


def test_versions_open_by_tag_and_the_newest_without(place):
    first, second = published(place), published(place, name="two", n=8)
    dataset = Dataset(place)
    assert [info.tag for info in dataset.versions] == ["v1", "v2"]
    assert dataset.open().tag == "v2"
    assert (len(dataset.open("v1")), len(dataset.open("v2"))) == (40, 8)
    assert dataset.find_run(first.record["run_key"]).tag == "v1"
    assert dataset.versions[1].record == second.record
    with pytest.raises(DatasetError, match="no version 'v3'"):
        dataset.open("v3")


def test_approval_is_a_second_tag(place):
    version = published(place)
    lance.dataset(str(version.dataset.uri)).tags.create("v1.approved", version.number)
    assert [(info.tag, info.approved) for info in Dataset(place).versions] == [("v1", True)]


def test_rows_stream_by_column_and_condition(place):
    version = published(place, labels=("it's", "9"))
    rows = list(version.rows(["id", "label"], where=equals("label", "it's")))
    assert len(rows) == 20
    assert set(rows[0]) == {"id", "label"}
    assert sum(len(batch) for batch in version.batches()) == 40


def test_a_sample_is_found_by_the_beginning_of_its_id(place):
    version = published(place, outcomes=("candidate",))
    ids = sorted(row["id"] for row in version.rows(["id"]))
    assert version.row(ids[3])["id"] == ids[3]
    assert version.row(ids[3][:12])["id"] == ids[3]
    assert version.payload(ids[3][:12]) == version.row(ids[3])["payload"]
    for unknown in ("", "zz", "é", ids[3] + "0", "' OR 1=1"):
        with pytest.raises(DatasetError, match="has no sample"):
            version.row(unknown)
    twice = next(i[0] for i in ids if sum(j[0] == i[0] for j in ids) > 1)
    with pytest.raises(DatasetError, match="write more of the id"):
        version.row(twice)


def test_rows_made_before_are_found_in_any_version(place):
    old = next(published(place).rows())
    published(place, name="two", n=8)
    assert Dataset(place).rows_by_id([old["id"], "unknown"]) == {old["id"]: old}
    assert Dataset(place).rows_by_id([old["id"]], tag="v2") == {}


def test_ids_are_looked_up_anew_when_the_dataset_was_replaced(place, tmp_path):
    published(place).row(made_up(tmp_path / "x").decisions.__iter__().__next__())
    place.rename(tmp_path / "away")
    version = published(place, name="other")
    assert version.row(next(iter(made_up(tmp_path / "y", name="other").decisions)))


def test_sources_are_kept_by_hash_and_checked_when_read(place):
    dataset = Dataset(place)
    dataset.keep_source(SOURCE_SHA, SOURCE)
    assert dataset.source_bytes(SOURCE_SHA) == SOURCE
    dataset.source_path(SOURCE_SHA).write_bytes(b"other")
    with pytest.raises(DatasetError, match="is damaged"):
        dataset.source_bytes(SOURCE_SHA)
    with pytest.raises(DatasetError, match="does not hold"):
        dataset.source_bytes("0" * 64)


def test_the_command_line_names_a_dataset_by_name_version_or_folder(place, tmp_path):
    published(place)
    published(place, name="two")
    for name, tag in [("digits", "v2"), ("digits@v1", "v1"), (f"{place}", "v2"), (f"{place}@v1", "v1"),
                      (f"{place}/dataset.lance", "v2")]:  # fmt: skip
        assert open_dataset(name, outputs=tmp_path).tag == tag
    with pytest.raises(DatasetError, match="Did you mean 'digits'"):
        open_dataset("digit", outputs=tmp_path)
    with pytest.raises(DatasetError, match="has no version 'v7'"):
        open_dataset("digits@v7", outputs=tmp_path)


def test_a_commit_without_its_tag_gets_it_on_the_next_look(place):
    published(place)
    version = published(place, name="two")
    lance.dataset(str(version.dataset.uri)).tags.delete("v2")
    assert Dataset(place).open().tag == "v2"
    assert lance.dataset(str(version.dataset.uri), version="v2").count_rows() == 40


@pytest.mark.parametrize("left", [b"", b"\0" * 600, b"half of a manifest"])
def test_a_manifest_torn_by_a_power_cut_is_removed_and_the_version_before_opens(place, left):
    published(place)
    torn = published(place, name="two")
    (torn.dataset.uri / "_refs" / "tags" / "v2.json").unlink()
    manifest_path(torn.dataset.uri, torn.number).write_bytes(left)
    assert Dataset(place).open().tag == "v1"
    assert published(place, name="two").digest == torn.digest
    assert [info.tag for info in Dataset(place).versions] == ["v1", "v2"]


def test_a_first_version_torn_by_a_power_cut_can_be_published_again(place):
    torn = published(place)
    (torn.dataset.uri / "_refs" / "tags" / "v1.json").unlink()
    manifest_path(torn.dataset.uri, 1).write_bytes(b"")
    assert Dataset(place).versions == []
    assert published(place).digest == torn.digest


def test_a_tag_torn_by_a_power_cut_is_written_again(place):
    published(place)
    tag = Dataset(place).uri / "_refs" / "tags" / "v1.json"
    tag.write_bytes(b"")
    assert Dataset(place).open().tag == "v1"
    assert json.loads(tag.read_text())["version"] == 1


def test_repair_never_removes_a_tagged_version(place):
    version = published(place)
    manifest = manifest_path(version.dataset.uri, version.number)
    manifest.write_bytes(b"")
    with pytest.raises(DatasetError, match="cannot be opened"):
        Dataset(place).open()
    assert manifest.exists()


def test_repair_removes_old_data_that_no_version_names(place):
    dataset = published(place).dataset
    old, new = dataset.uri / "data" / "old.lance", dataset.uri / "data" / "new.lance"
    old.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(old, (0, 0))
    assert dataset.repair() == ["removed data/old.lance, which no version names"]
    assert new.exists()
    assert len(list(dataset.open().rows())) == 40


def test_two_runs_at_once_end_in_two_versions(place):
    runs = [made_up(place, name=name) for name in ("a", "b", "c")]
    done: list[str] = []
    threads = [
        threading.Thread(target=lambda r=run: done.append(publish(Dataset(place), *r).tag)) for run in runs
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["v1", "v2", "v3"]
    assert {info.run_key for info in Dataset(place).versions} == {run.record["run_key"] for run in runs}


def test_importing_the_noun_loads_nothing_heavy():
    import subprocess
    import sys

    code = "import sys, synthgen.dataset, synthgen.staging; print({'numpy', 'lance', 'pyarrow'} & set(sys.modules))"
    root = Path(__file__).parents[1]
    said = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "set()"
