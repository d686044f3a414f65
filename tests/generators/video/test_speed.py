import pytest
from moving_bar import barred, drawn, made, places, sample

from synthgen.contract import LabelContract
from synthgen.generators.video.speed import Speed
from synthgen.models.clip import clip
from synthgen.sample import Failed


@pytest.fixture(scope="module")
def whole():
    return barred(48)


def test_twice_as_fast_shows_every_other_frame_in_half_the_time(whole):
    fast = made(Speed(), (sample(whole, (10, 20)),), {"speed": 2.0})
    assert places(fast.payload) == list(range(1, 48, 2))
    assert fast.payload.rate == whole.rate
    assert fast.annotations == {"span": [5, 10]}


def test_half_as_fast_shows_each_frame_twice(whole):
    slow = made(Speed(), (sample(whole, (10, 20)),), {"speed": 0.5})
    assert places(slow.payload) == [i // 2 for i in range(96)]
    assert slow.annotations == {"span": [20, 40]}


def test_kept_frames_are_the_coded_ones_at_other_times(whole):
    fast = made(Speed(keep="frames"), (sample(whole, (10, 20)),), {"speed": 1.25})
    assert places(fast.payload) == list(range(48))
    assert fast.payload.seconds == pytest.approx(48 / 25 / 1.25, rel=1e-6)
    assert fast.payload.keyframes == whole.keyframes
    assert clip(fast.payload.data).rate == fast.payload.rate == whole.rate * 5 / 4
    assert fast.annotations == {"span": [10, 20]}


def test_a_span_that_would_vanish_makes_no_sample(whole):
    answer = made(Speed(), (sample(whole, (10, 11)),), {"speed": 40.0})
    assert isinstance(answer, Failed)
    assert "labelled span" in answer.reason


def test_draws_stay_inside_the_contract(whole):
    speed = Speed(speed_range=(0.5, 2))
    bounds = LabelContract(every={"speed": [0.9, 1.05]}).routes(speed.effects(), "a", ["a"])[0].bounds
    drawings = [drawn(speed, (sample(whole),), i, bounds)["speed"] for i in range(100)]
    assert 0.9 <= min(drawings) < 0.92
    assert 1.03 < max(drawings) <= 1.05
