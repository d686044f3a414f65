import numpy as np
import pytest
from moving_bar import barred, drawn, made, places, sample

from synthgen.generators.video.drop_frames import DropFrames
from synthgen.sample import Failed


@pytest.fixture(scope="module")
def whole():
    return barred(50)


def test_lost_frames_are_covered_by_the_one_before(whole):
    draw = {"drop_frames": 0.2, "order_seed": 5}
    seen = places(made(DropFrames(), (sample(whole, (10, 30)),), draw).payload)
    assert len(seen) == 50
    held = [i for i in range(50) if seen[i] != i]
    assert len(held) == 10
    assert seen[0] == 0
    assert all(seen[i] == seen[i - 1] for i in held)


def test_or_the_clip_closes_over_them_and_is_shorter(whole):
    draw = {"drop_frames": 0.2, "order_seed": 5}
    closed = made(DropFrames(instead="close"), (sample(whole, (10, 30)),), draw)
    seen = places(closed.payload)
    assert len(set(seen)) == len(seen) == 40
    first, end = closed.annotations["span"]
    assert [i for i in seen if 10 <= i < 30] == seen[first:end]


def test_all_frames_but_the_first_are_lost_at_times(whole):
    lost: set[int] = set()
    for i in range(30):
        draw = drawn(DropFrames(), (sample(whole),), i)
        lost |= set(range(50)) - set(places(made(DropFrames(), (sample(whole),), draw).payload))
        assert 0.05 <= draw["drop_frames"] <= 0.15
    assert 0 not in lost
    assert len(lost) > 40


def test_a_span_that_is_lost_whole_makes_no_sample(whole):
    draws = [{"drop_frames": 0.9, "order_seed": i} for i in range(8)]
    answers = [made(DropFrames(), (sample(whole, (20, 22)),), draw) for draw in draws]
    assert any(isinstance(answer, Failed) for answer in answers)
    assert np.all([isinstance(a, Failed) or a.annotations for a in answers])
