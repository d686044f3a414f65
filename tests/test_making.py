"""What a run does is done once: after a crash it goes on, and what an earlier version has is not made again."""

import pytest
from digits import digits

from synthgen import staging
from synthgen.making import Run
from synthgen.pipeline import run


def test_what_is_known_is_not_made_again(tmp_path, monkeypatch):
    run(digits(tmp_path))
    made = []
    before = Run.make_shard
    monkeypatch.setattr(Run, "make_shard", lambda self, shard: made.append(before(self, shard)) or made[-1])
    run(digits(tmp_path, filter=[{"use": "readable"}]))
    assert made
    assert sum(made) == 0


def test_shards_that_were_staged_before_a_crash_are_used(tmp_path, tmp_path_factory, monkeypatch):
    published = run(digits(tmp_path_factory.mktemp("whole"))).version
    before, staged = Run.make_shard, []

    def crash(self, shard):
        if len(staged) == 3:
            raise KeyboardInterrupt
        staged.append(shard.key)
        return before(self, shard)

    monkeypatch.setattr(Run, "make_shard", crash)
    with pytest.raises(KeyboardInterrupt):
        run(digits(tmp_path))
    times = {key: staging.shard_path(tmp_path / "digits", key).stat().st_mtime_ns for key in staged}
    monkeypatch.setattr(Run, "make_shard", lambda self, shard: _unless_there(before, self, shard, times))
    assert run(digits(tmp_path)).version.digest == published.digest


def _unless_there(make, state, shard, times):
    made = make(state, shard)
    if shard.key in times:
        assert made == 0
        assert staging.shard_path(state.dataset.place, shard.key).stat().st_mtime_ns == times[shard.key]
    return made


def test_staging_is_empty_after_publication(tmp_path):
    run(digits(tmp_path))
    assert not list((tmp_path / "digits" / "staging").iterdir())


def test_shards_staged_under_another_recipe_are_not_taken_over(tmp_path, tmp_path_factory, monkeypatch):
    mine = {"reader": "digits", "cut": {"6": 12, "9": 12}, "licence": "MIT"}
    clean = run(digits(tmp_path_factory.mktemp("clean"), source=mine)).version
    monkeypatch.setattr(Run, "publish", lambda self, said, selection: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(digits(tmp_path))
    monkeypatch.undo()
    version = run(digits(tmp_path, source=mine)).version
    assert not list((tmp_path / "digits" / "staging").iterdir())
    assert {row["licence"] for row in version.rows(["licence"])} == {"MIT"}
    assert version.digest == clean.digest
