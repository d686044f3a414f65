import numpy as np
import pytest
from moving_bar import barred, drawn, made, places, sample

from synthgen.generators.video.jitter_time import JitterTime


@pytest.fixture(scope="module")
def whole():
    return barred(60)


def test_frames_come_early_or_late_by_no_more_than_drawn_and_in_their_order(whole):
    jitter = JitterTime(seconds_range=(0.2, 0.2))
    for i in range(6):
        draw = drawn(jitter, (sample(whole),), i)
        seen = np.array(places(made(jitter, (sample(whole),), draw).payload))
        assert len(seen) == 60
        assert (np.diff(seen) >= 0).all()
        apart = np.abs(seen - np.arange(60))
        assert 3 <= apart.max() <= 5
        assert np.abs(np.diff(seen)).max() <= 3  # smoothly


def test_no_jitter_changes_no_order(whole):
    still = {"jitter_time": 0.0, "knots": [0.3, -1.0, 0.2]}
    assert places(made(JitterTime(), (sample(whole),), still).payload) == list(range(60))


def test_the_span_goes_along(whole):
    draw = drawn(JitterTime(), (sample(whole, (20, 40)),), 3)
    moved = made(JitterTime(), (sample(whole, (20, 40)),), draw)
    first, end = moved.annotations["span"]
    seen = places(moved.payload)
    assert all(20 <= place < 40 for place in seen[first:end])
    assert not any(20 <= place < 40 for place in seen[:first] + seen[end:])
