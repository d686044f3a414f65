import pytest
from moving_bar import barred, places, sample

from synthgen.models.clip_frames import arranged
from synthgen.models.clip_places import rearranged
from synthgen.sample import Failed


@pytest.fixture(scope="module")
def whole():
    return barred(70, group=70)


@pytest.mark.parametrize(
    "order", [range(69, -1, -1), [5, 5, 5], [0, 69, 3, 60, 60, 2], range(0, 70, 9), [69]]
)
def test_frames_come_in_any_order_asked_for(whole, order):
    assert places(arranged(whole, list(order))) == list(order)


def test_the_span_is_where_its_frames_are_shown(whole):
    made = rearranged(sample(whole, (10, 20)), [0, 12, 13, 30])
    assert made.annotations == {"span": [1, 3]}


def test_what_cannot_be_is_told(whole):
    assert isinstance(rearranged(sample(whole, (10, 20)), [0, 30]), Failed)
    assert "outside" in rearranged(sample(whole, (90, 95)), [0, 30]).reason
