import numpy as np
import pytest
from moving_bar import barred

from synthgen.models import clip_frames
from synthgen.models.clip_frames import filled, frames, windows


@pytest.fixture(scope="module")
def whole():
    return barred(80)


def test_stretches_show_what_frames_shows(whole):
    some = [(5, 20), (60, 80), (0, 3), (15, 30), (5, 20)]
    for (first, end), seen in zip(some, windows(whole, some), strict=True):
        np.testing.assert_array_equal(seen, frames(whole, range(first, end)))


def test_each_frame_is_converted_once_for_all_stretches_and_gaps_are_skipped(whole, monkeypatch):
    passes = []
    walk = clip_frames.walk

    def counted(of, first, last, only=None, size=None):
        passes.append((first, last, len(only)))
        return walk(of, first, last, only, size)

    monkeypatch.setattr(clip_frames, "walk", counted)
    windows(whole, [(2, 10), (4, 12), (6, 20), (70, 78)])
    assert passes == [(2, 19, 18), (70, 77, 8)]


def test_a_short_clip_is_filled_up(whole):
    assert filled(whole, 100, loop=True).frames == 100
    held = frames(filled(whole, 90, loop=False), [79, 89]).astype(int)
    assert np.abs(held[0] - held[1]).mean() < 2
