import os
import time

import pytest
from made_up import made_up

from synthgen import staging
from synthgen.errors import DatasetError, PublishError


def test_a_shard_reads_back_whole_or_by_column(tmp_path):
    path = made_up(tmp_path, n=600, shard=600).staged[0]
    assert path.parent == tmp_path / "staging"
    assert staging.read_shard(path).num_rows == 600
    some = staging.read_shard(path, ["embedding", "id"])
    assert some.column_names == ["embedding", "id"]
    assert some["id"].to_pylist() == staging.read_shard(path)["id"].to_pylist()


def test_a_cut_off_shard_is_an_error_that_names_it(tmp_path):
    path = made_up(tmp_path, n=10).staged[0]
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DatasetError, match=f"(?s){path.name}.*run again"):
        staging.read_shard(path)


def test_a_file_where_the_folder_should_be_is_said_in_words(tmp_path):
    (tmp_path / "run").write_text("")
    with pytest.raises(PublishError, match="a file lies where a folder should be"):
        made_up(tmp_path / "run")


def test_clear_removes_shards_and_old_drafts_only(tmp_path):
    path, other = made_up(tmp_path, n=20, shard=10).staged
    old, new = (tmp_path / "staging" / f".{name}.draft" for name in ("old", "new"))
    old.touch()
    new.touch()
    os.utime(old, (0, time.time() - 7200))
    staging.clear(tmp_path, [path])
    assert sorted(p.name for p in (tmp_path / "staging").iterdir()) == sorted([new.name, other.name])


def test_clear_removes_what_was_staged_before_the_run_began(tmp_path):
    paths = made_up(tmp_path, n=40, shard=10).staged
    began = time.time()
    for path, age in zip(paths, (500, 7200, -5, -1), strict=True):
        os.utime(path, (began, began - age))
    staging.clear(tmp_path, [paths[3]])
    assert [p.exists() for p in paths] == [True, True, True, False]
    staging.clear(tmp_path, [], began)
    assert [p.exists() for p in paths] == [False, False, True, False]
