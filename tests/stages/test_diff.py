import pytest
from made_up import made_up

from synthgen.dataset import Dataset
from synthgen.errors import DatasetError
from synthgen.stages.diff import diff
from synthgen.stages.publish import publish


@pytest.fixture(scope="module")
def two(tmp_path_factory):
    place = tmp_path_factory.mktemp("dataset")
    dataset = Dataset(place)
    first = publish(dataset, *made_up(place, name="one", n=40))
    second = publish(dataset, *made_up(place, name="two", n=24))
    return first, second


def kept(version):
    return {row["id"] for row in version.rows(("id", "decision")) if row["decision"] == "kept"}


def test_what_came_and_went_are_the_kept_ones_of_one_version_alone(two):
    first, second = two
    found = diff(first, second)
    assert {c.id for c in found.changes if c.what == "came"} == kept(second) - kept(first)
    assert {c.id for c in found.changes if c.what == "went"} == kept(first) - kept(second)
    rows = found.rows()
    assert {row["class"] for row in rows} == {"6", "9"}
    assert sum(row["came"] for row in rows) == len(kept(second) - kept(first))
    assert sum(row["stayed"] for row in rows) == len(kept(first) & kept(second))


def test_the_other_way_round_what_came_went(two):
    there, back = diff(*two), diff(*two[::-1])
    assert {c.id for c in there.changes if c.what == "came"} == {
        c.id for c in back.changes if c.what == "went"
    }


def test_a_version_does_not_differ_from_itself(two):
    same = diff(two[0], two[0])
    assert same.changes == ()
    assert sum(same.stayed.values()) == len(kept(two[0]))


def test_versions_of_two_datasets_are_refused(two, tmp_path):
    other = publish(Dataset(tmp_path), *made_up(tmp_path, name="else", n=8))
    with pytest.raises(DatasetError, match="two datasets"):
        diff(two[0], other)
