import numpy as np
import pytest

from synthgen.models.clip import cut
from synthgen.models.clip_alignment import aligned
from synthgen.models.clip_defects import again
from synthgen.models.clip_frames import arranged
from synthgen.readers.gestures import GESTURES, Gestures

READER = Gestures()
CLIPS = [READER.decode(READER.raw(None, f"{label}/train/0000")) for label in GESTURES]
SPANS = [f.annotations["span"] for f in Gestures(per_class=1).items(None, "train")]


@pytest.mark.parametrize("place", range(len(GESTURES)), ids=GESTURES)
def test_a_stretch_with_the_gesture_is_found_to_the_frame(place):
    whole, (first, end) = CLIPS[place], SPANS[place]
    low, high = max(0, first - 3), min(60, end + 4)
    part = cut(whole, low, high)
    for seen in (part, again(part, 26), again(part, 20, lambda x: x[:, :, ::-1])):
        found = aligned(seen, whole)
        assert abs(found.first - low) <= 2
        assert abs(found.end - high) <= 2
        assert found.forwards > 0.8


def test_a_circle_backwards_is_its_mirror_image_where_that_may_be():
    back = arranged(CLIPS[0], range(59, -1, -1))
    found = aligned(back, CLIPS[0], mirror=False)
    assert found.backwards > found.forwards + 0.2
    assert aligned(back, CLIPS[0]).forwards > 0.8


@pytest.mark.parametrize("place", [1, 4], ids=["close", "open"])
def test_what_opens_or_closes_is_found_backwards(place):
    back = arranged(CLIPS[place], range(59, -1, -1))
    found = aligned(back, CLIPS[place])
    assert found.backwards > found.forwards + 0.2


def test_faster_clips_are_found():
    whole = CLIPS[0]
    fast = arranged(whole, [min(59, int(1.5 * i)) for i in range(40)])
    found = aligned(fast, whole)
    assert found.first <= 2
    assert found.end >= 57


def test_another_clip_is_not_found():
    likeness = [aligned(CLIPS[i], CLIPS[i - 1]).forwards for i in range(len(CLIPS))]
    assert np.median(likeness) < 0.7


def test_a_single_frame_is_compared_too():
    assert aligned(cut(CLIPS[0], 3, 4), CLIPS[0]).end <= 60
