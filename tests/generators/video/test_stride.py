import pytest
from moving_bar import RATE, barred, drawn, made, places, sample

from synthgen.generators.video.stride import Stride
from synthgen.sample import Failed


@pytest.fixture(scope="module")
def whole():
    return barred(48)


def test_every_third_frame_is_shown_in_the_same_time(whole):
    sparse = made(Stride(), (sample(whole, (12, 24)),), {"stride": 3.0, "phase": 0.4})
    assert places(sparse.payload) == list(range(1, 48, 3))
    assert sparse.payload.rate == RATE / 3
    assert sparse.payload.seconds == pytest.approx(whole.seconds)
    assert sparse.annotations == {"span": [4, 8]}


def test_strides_between_whole_numbers_alternate(whole):
    sparse = made(Stride(), (sample(whole),), {"stride": 1.5, "phase": 0.0})
    assert places(sparse.payload)[:6] == [0, 1, 3, 4, 6, 7]
    assert sparse.payload.seconds == pytest.approx(whole.seconds)


def test_a_span_between_the_frames_shown_makes_no_sample(whole):
    answer = made(Stride(), (sample(whole, (1, 3)),), {"stride": 3.0, "phase": 0.0})
    assert isinstance(answer, Failed)
    assert "2 frames" in answer.reason


def test_draws_are_of_the_range(whole):
    drawings = [drawn(Stride(stride_range=(2, 4)), (sample(whole),), i)["stride"] for i in range(100)]
    assert 2 <= min(drawings) < 2.1
    assert 3.9 < max(drawings) <= 4
