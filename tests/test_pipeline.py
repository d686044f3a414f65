"""A run as a whole: repeatable, balanced, resumable, and never done twice."""

import threading

import pytest
from digits import AFFINE, CHAIN, digits

from synthgen.errors import PublishError, RecipeError
from synthgen.pipeline import InProcess, run
from synthgen.stages.replay import replay
from synthgen.stages.verify import verify


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("out")


@pytest.fixture(scope="module")
def published(place):
    return run(digits(place)).version


def ids(version, **where):
    rows = version.rows(["id", "entry", "decision", "label"])
    return {row["id"] for row in rows if all(row[key] == value for key, value in where.items())}


def test_a_run_fills_the_thin_classes_and_balances(published):
    counts = published.record["counts"]
    assert counts["jobs"] == counts["kept"] + counts["surplus"] + counts["rejected"] + counts["failed"]
    assert {label: len(ids(published, decision="kept", label=label)) for label in "69"} == {"6": 18, "9": 18}
    source = published.record["source"]
    assert source["items"] == source["read"] + len(source["quarantined"])
    assert verify(published).ok


def test_every_surplus_sample_says_why_it_is_not_kept(published):
    rows = list(published.rows(["decision", "reasons"]))
    surplus = [row for row in rows if row["decision"] == "surplus"]
    assert surplus
    assert all("more different from each other" in row["reasons"][0] for row in surplus)
    assert all(not row["reasons"] for row in rows if row["decision"] == "kept")


def test_a_second_run_makes_nothing_new(published, place):
    again = run(digits(place))
    assert not again.new
    assert again.version.tag == published.tag


def test_every_sample_is_made_again_byte_for_byte(published):
    for sample in sorted(ids(published))[::7]:
        assert replay(published, sample).identical


class TwoThreads(InProcess):
    """Maps in two threads, the last item first."""

    def map(self, name, function, labels):
        answers = {}
        turns = [list(range(len(labels)))[::-1][i::2] for i in range(2)]
        threads = [
            threading.Thread(target=lambda t=t: answers.update({i: function(i) for i in t})) for t in turns
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return [answers[i] for i in range(len(labels))]


@pytest.mark.parametrize(
    ("executor", "changes"),
    [(TwoThreads(), {}), (InProcess(), {"shard": 1000}), (InProcess(), {"workers": 1})],
)
def test_workers_order_and_shard_size_do_not_change_the_digest(published, tmp_path, executor, changes):
    assert run(digits(tmp_path, **changes), executor).version.digest == published.digest


def test_another_seed_makes_other_samples(published, tmp_path):
    assert not ids(published) & ids(run(digits(tmp_path, seed=1)).version)


def test_jobs_that_did_not_change_keep_their_samples(tmp_path):
    first = run(digits(tmp_path)).version
    other = digits(tmp_path, generate=[AFFINE, {"use": "image/erase"}])
    second = run(other).version
    same = digits(tmp_path).generate[0].key
    assert second.tag == "v2"
    assert ids(second, entry=same)
    assert ids(second, entry=same) <= ids(first, entry=same)
    made_again = {row["id"]: row["payload_sha256"] for row in second.rows(["id", "payload_sha256", "entry"])}
    for row in first.rows(["id", "payload_sha256"]):
        assert made_again.get(row["id"], row["payload_sha256"]) == row["payload_sha256"]
    assert not ids(second, entry=digits(tmp_path, generate=[CHAIN]).generate[0].key)


def test_a_request_adds_to_the_newest_version_and_stays(tmp_path):
    first = run(digits(tmp_path)).version
    second = run(digits(tmp_path), request={"6": 5}).version
    assert ids(first) <= ids(second)
    assert ids(first, decision="kept") <= ids(second, decision="kept")
    assert len(ids(second, decision="kept", label="6")) == 18 + 5
    assert len(ids(second, decision="kept", label="9")) == 18
    assert (second.record["base"], second.record["extra"]) == ("v1", {"6": 5})
    assert verify(second).ok
    assert not run(digits(tmp_path)).new
    third = run(digits(tmp_path), request={"6": 2}).version
    assert len(ids(third, decision="kept", label="6")) == 18 + 7
    assert run(digits(tmp_path), fresh=True).version.digest == first.digest


def test_a_request_never_keeps_again_what_the_version_has_kept(tmp_path):
    still = dict.fromkeys(("turn_range", "shift_range", "shear_range"), (0, 0)) | {"resize_range": (1, 1)}
    mirror = {"use": "image/affine", "mirror_share": 0.5, **still}
    recipe = digits(
        tmp_path, filters=("readable",), generate=[mirror], contract={"every": {"mirror": True}}, max_rounds=2,
        targets={"counts": {"6": 24}},
    )  # fmt: skip
    first = run(recipe).version
    second = run(recipe, request={"6": 12}).version
    rows = second.rows(["id", "decision", "payload"])
    kept = [recipe.modality.decode(row["payload"]).tobytes() for row in rows if row["decision"] == "kept"]
    assert len(kept) >= len(ids(first, decision="kept"))
    assert len(kept) == len(set(kept))


def test_a_request_for_a_class_that_has_more_than_its_target_makes_them_too(tmp_path):
    run(digits(tmp_path))
    version = run(digits(tmp_path), request={"0": 3}).version
    assert len(ids(version, decision="kept", label="0")) == 3
    assert not run(digits(tmp_path)).new


def test_a_request_with_a_changed_recipe_describes_the_dataset_anew(tmp_path):
    run(digits(tmp_path))
    other = digits(
        tmp_path, generate=[{"use": "image/erase"}], source={"reader": "digits", "cut": {"6": 12}, "size": 16}
    )
    version = run(other, request={"6": 2}).version
    assert (version.record["base"], version.record["extra"]) == (None, {"6": 2})
    assert len(ids(version, decision="kept", label="6")) == 18 + 2
    assert {row["generator"] for row in version.rows(["generator"])} == {"image/erase"}
    assert all(replay(version, sample).identical for sample in sorted(ids(version))[::9])
    assert not run(other).new


def test_a_request_that_the_contract_refuses_is_refused_with_its_reasons(tmp_path):
    wild = digits(tmp_path, generate=[{"use": "image/affine", "turn_range": [80, 90]}])
    with pytest.raises(RecipeError, match="nothing can be made for '6': image/affine: turn 80 to 90"):
        run(wild, request={"6": 2})


@pytest.mark.parametrize(
    ("request_", "words"),
    [({"x": 5}, "no class 'x'"), ({"6": 0}, "0 samples"), ({"6": 10**7}, "ask for 1 to")],
)
def test_an_impossible_request_is_refused_with_words(tmp_path, request_, words):
    with pytest.raises(RecipeError, match=words):
        run(digits(tmp_path), request=request_)
    assert not (tmp_path / "digits").exists()


def test_two_runs_at_once_end_one_after_the_other(tmp_path):
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(run(digits(tmp_path)))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.new for answer in answers) == [False, True]
    assert {answer.version.tag for answer in answers} == {"v1"}


def test_targets_below_what_is_there_publish_the_source_as_it_is(tmp_path):
    version = run(digits(tmp_path, targets={"balance_to": 5})).version
    assert version.record["counts"]["jobs"] == 0
    assert version.record["shortfall"] == {}


def test_a_shortfall_is_reported_and_never_padded(tmp_path):
    small = {"reader": "digits", "cut": {"6": 1}}
    still = {"use": "image/affine", "mirror_share": 0.0} | dict.fromkeys(
        ("turn_range", "shift_range", "shear_range"), (0, 0)
    )
    recipe = digits(
        tmp_path,
        source=small,
        targets={"counts": {"6": 9}},
        generate=[still | {"resize_range": [1, 1]}],
        max_rounds=2,
    )
    record = run(recipe).version.record
    assert record["counts"]["kept"] == 0
    assert record["shortfall"] == {"6": 8}
    assert len(record["rounds"]) == 2


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_made(tmp_path):
    (tmp_path / "digits").write_text("a file")
    with pytest.raises(PublishError, match="a file lies where a folder should be"):
        run(digits(tmp_path))
