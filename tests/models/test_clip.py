import io
from fractions import Fraction

import av
import numpy as np
import pytest

from synthgen.models.clip import clip, cut, marked, unmarked
from synthgen.models.clip_frames import encoded, frames


def _pictures(n: int, height: int = 48, width: int = 64) -> list[np.ndarray]:
    """A bar that moves over a ground that grows redder: each frame is like no other."""
    made = []
    for i in range(n):
        picture = np.zeros((height, width, 3), np.uint8)
        picture[..., 0] = 2 * i
        picture[:, i % width : i % width + 6, 1] = 255
        made.append(picture)
    return made


@pytest.fixture(scope="module")
def whole():
    return encoded(_pictures(120), Fraction(25), group=30)


def test_a_clip_knows_its_frames_and_what_they_show(whole):
    assert (whole.frames, whole.width, whole.height, whole.rate) == (120, 64, 48, 25)
    assert whole.keyframes == (0, 30, 60, 90)
    assert whole.seconds == pytest.approx(4.8)
    seen = frames(whole)
    assert np.abs(seen.astype(int) - np.stack(_pictures(120))).mean() < 6
    np.testing.assert_array_equal(frames(whole, [3, 50, 119]), seen[[3, 50, 119]])


def test_whoever_keeps_clips_knows_what_they_take(whole):
    assert whole.nbytes == len(whole.data)
    assert cut(whole, 0, 30).nbytes < whole.nbytes / 2


def test_encoding_repeats_whatever_lies_in_fresh_memory():
    ground = np.kron(
        np.random.default_rng(1).integers(0, 256, (6, 8, 3), np.uint8), np.ones((8, 8, 1), np.uint8)
    )
    pictures = [np.roll(ground, i, 1) for i in range(20)]
    told, junk = set(), []
    for i in range(30):
        told.add(encoded(pictures, Fraction(25)).data)
        encoded(_pictures(25, 48 + 8 * (i % 10)), Fraction(25))
        junk = [*junk[-2:], np.random.default_rng(i).bytes(200_000 + 9_999 * i)]
    assert len(told) == 1


@pytest.mark.parametrize(
    ("first", "end"), [(0, 120), (30, 60), (30, 61), (45, 82), (1, 2), (89, 120), (119, 120)]
)
def test_a_cut_shows_the_very_pixels_of_the_frames_asked_for(whole, first, end):
    part = cut(whole, first, end)
    assert part.frames == end - first
    assert part.rate == whole.rate
    np.testing.assert_array_equal(frames(part), frames(whole)[first:end])


def test_a_cut_of_a_cut_is_the_cut_of_both(whole):
    twice = cut(cut(whole, 17, 101), 20, 40)
    np.testing.assert_array_equal(frames(twice), frames(whole)[37:57])


def test_a_cut_at_a_keyframe_hides_nothing_and_one_elsewhere_the_frames_before_it(whole):
    def packets(of):
        with av.open(io.BytesIO(of.data)) as file:
            return sum(1 for packet in file.demux(video=0) if packet.size)

    assert (packets(cut(whole, 30, 60)), packets(cut(whole, 45, 60))) == (30, 30)
    assert cut(whole, 30, 75).keyframes == (0, 30)
    assert cut(whole, 45, 75).keyframes == (15,)


@pytest.mark.parametrize(("first", "end"), [(-1, 3), (5, 5), (0, 121)])
def test_a_cut_of_what_is_not_there_is_refused(whole, first, end):
    with pytest.raises(ValueError, match="120 frames"):
        cut(whole, first, end)


def test_a_marker_comes_off_again_and_changes_no_frame(whole):
    said = marked(whole.data, {"synthgen:id": "a1", "lineage": '{"label": "<b>&"}'})
    assert b"synthgen:id" in said
    assert unmarked(said) == whole.data
    assert unmarked(whole.data) == whole.data
    np.testing.assert_array_equal(frames(clip(said)), frames(whole))


@pytest.mark.parametrize("data", [b"", b"no video at all", b"\0" * 400])
def test_other_bytes_are_refused_in_words(data):
    with pytest.raises(ValueError, match="no MP4"):
        clip(data)


def test_odd_sides_lose_their_last_row_and_column():
    odd = encoded(_pictures(3, 49, 65), Fraction(30000, 1001))
    assert (odd.width, odd.height) == (64, 48)
    assert float(odd.rate) == pytest.approx(29.97, abs=0.01)
