from fractions import Fraction

import numpy as np
import pytest
from moving_bar import barred, drawn, made, places, sample

from synthgen.contract import LabelContract
from synthgen.generators.video.mix import Mix
from synthgen.models.clip_frames import encoded, frames
from synthgen.recipe import parse_recipe
from synthgen.sample import Failed


@pytest.fixture(scope="module")
def whole():
    return barred(40)


def light(n: int, cuts: tuple[int, ...] = ()):
    """White at first, then grey after each cut in turn."""
    shot = np.searchsorted(cuts, np.arange(n), side="right")
    return encoded([np.full((32, 88, 3), 250 - 140 * (s % 2), np.uint8) for s in shot], Fraction(25))


def test_the_first_clip_goes_over_into_the_second(whole):
    mixed = made(
        Mix(),
        (sample(whole), sample(light(40), label="b")),
        {"cut": 25, "begin": 20, "lasting": 15, "mix": 0.375},
    )
    assert mixed.payload.frames == 40
    seen = frames(mixed.payload)
    assert seen[25:].mean() > 240
    assert seen[:25].mean() < 60
    assert mixed.weights == pytest.approx({"a": 0.625, "b": 0.375})


def test_two_clips_of_a_class_stay_of_that_class(whole):
    mixed = made(
        Mix(), (sample(whole), sample(light(40))), {"cut": 25, "begin": 20, "lasting": 15, "mix": 0.375}
    )
    assert mixed.weights == {"a": 1.0}


def test_it_is_cut_where_a_shot_ends(whole):
    first, second = light(40, (24, 30)), light(40, (8, 19))
    draws = [drawn(Mix(), (sample(first), sample(second)), i) for i in range(40)]
    assert {d["cut"] for d in draws} == {24, 30}
    assert {d["begin"] for d in draws} == {8, 19}
    assert all(d["mix"] == pytest.approx(1 - d["cut"] / 40) for d in draws)


def test_the_first_labelled_span_stays_whole_and_spans_decide_the_weights(whole):
    parents = sample(whole, (10, 26)), sample(barred(40), (30, 40), label="b")
    for i in range(30):
        draw = drawn(Mix(), parents, i)
        assert draw["cut"] >= 26
        mixed = made(Mix(), parents, draw)
        assert mixed.annotations == {"span": [10, 26]}
        theirs = sum(30 <= place < 40 for place in places(mixed.payload)[draw["cut"] :]) / 10
        assert mixed.weights == pytest.approx({"a": 1 / (1 + theirs), "b": theirs / (1 + theirs)}, abs=0.03)


def test_a_span_that_leaves_no_room_makes_no_sample(whole):
    parents = sample(whole, (10, 39)), sample(whole)
    answer = made(Mix(), parents, drawn(Mix(), parents))
    assert isinstance(answer, Failed)
    assert "labelled span" in answer.reason


def test_other_sizes_and_rates_are_brought_to_the_first_ones(whole):
    slow = encoded([np.full((64, 48, 3), 250, np.uint8)] * 20, Fraction(10))
    mixed = made(Mix(), (sample(whole), sample(slow)), drawn(Mix(), (sample(whole), sample(slow))))
    assert (mixed.payload.width, mixed.payload.height, mixed.payload.rate) == (88, 32, 25)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    root = tmp_path_factory.mktemp("clips")
    for label, n in (("a", 3), ("b", 4), ("one", 1)):
        (root / label).mkdir()
        for i in range(n):
            (root / label / f"{i}.mp4").write_bytes(barred(20 + 3 * i + ord(label[0]) % 5).data)
    return root


@pytest.mark.parametrize(("partner", "alike"), [("same class", True), ("other class", False)])
def test_the_plan_finds_partners_of_the_same_or_another_class(source, partner, alike):
    from synthgen.stages.plan import plan
    from synthgen.stages.read import read

    recipe = parse_recipe({
        "name": "x", "source": {"reader": "video_folder", "path": str(source)}, "targets": {"balance_to": 12},
        "generate": [{"use": "video/mix", "partner": partner}],
    })  # fmt: skip
    index = read(recipe)
    planned = plan(recipe, index)
    for job in planned.jobs:
        first, second = (index.by_id[p].label for p in job.parents)
        assert first == job.label
        assert (second == first) == alike
        assert job.parents[0] != job.parents[1]
    assert [r.label for r in planned.refused] == (["one"] if alike else [])


def test_a_class_that_may_not_be_mixed_is_left_out():
    contract = LabelContract(label={"a": {"mix": False}})
    assert "mix" in contract.routes(Mix().effects(), "a", ["a", "b"]).reason
