from fractions import Fraction

import numpy as np
import pytest
from pydantic import ValidationError

from synthgen.contract import LabelContract
from synthgen.generators.video.temporal_crop import TemporalCrop
from synthgen.models.clip_frames import encoded, frames
from synthgen.sample import Failed, Job, Sample, Work
from synthgen.seeds import numpy_rng


def _pictures(n: int) -> list[np.ndarray]:
    """Frame i has a bar at column i."""
    made = np.zeros((n, 32, 96, 3), np.uint8)
    for i in range(n):
        made[i, :, i % 90 : i % 90 + 6] = 255
    return list(made)


@pytest.fixture(scope="module")
def whole():
    return encoded(_pictures(75), Fraction(25), group=15)


def _sample(clip, span=None) -> Sample:
    return Sample("p", "video", "a", lambda: clip, annotations={} if span is None else {"span": list(span)})


def _draw(crop: TemporalCrop, sample: Sample, i: int = 0, bounds=None) -> dict:
    job = Job(0, "a", i, ("p",), bounds or {}, 0)
    return crop.draw(job, (sample,), numpy_rng("test", i))


def _made(crop: TemporalCrop, sample: Sample, draw: dict):
    return crop.make([Work(Job(0, "a", 0, ("p",), {}, 0), (sample,), draw)], None)[0]


def _bounds(crop: TemporalCrop, **rules) -> dict:
    return LabelContract(every=rules).routes(crop.effects(), "a", ["a"])[0].bounds


def test_a_crop_shows_the_very_frames_that_were_drawn_and_its_span_moves_along(whole):
    crop, sample = TemporalCrop(), _sample(whole, (20, 31))
    for i in range(20):
        draw = _draw(crop, sample, i)
        made = _made(crop, sample, draw)
        first, end = draw["first"], draw["end"]
        np.testing.assert_array_equal(frames(made.payload), frames(whole)[first:end])
        assert made.annotations == {"span": [20 - first, 31 - first]}
        assert crop.applied(draw) == {"crop_time": pytest.approx(1 - (end - first) / 75), "cut_span": 0}


def test_no_draw_touches_the_labelled_span_whatever_is_asked_for(whole):
    for span in ((0, 12), (63, 75), (30, 60)):
        for crop in (TemporalCrop(frames=30), TemporalCrop(seconds=1.2), TemporalCrop(cut_range=(0.3, 0.6))):
            for i in range(100):
                draw = _draw(crop, _sample(whole, span), i, _bounds(crop, crop_time=0.9))
                assert draw["first"] <= span[0]
                assert draw["end"] >= span[1]


def test_all_places_that_keep_the_span_are_drawn(whole):
    crop, sample = TemporalCrop(frames=30), _sample(whole, (20, 31))
    firsts = {_draw(crop, sample, i)["first"] for i in range(600)}
    assert firsts == set(range(1, 21))


def test_part_of_the_span_may_go_where_recipe_and_contract_say_so(whole):
    crop, sample = TemporalCrop(frames=30, span_kept=0.5), _sample(whole, (20, 40))
    allowed = _bounds(crop, crop_time=0.9, cut_span=0.25)
    lost = [_draw(crop, sample, i, allowed)["cut_span"] for i in range(300)]
    assert max(lost) == pytest.approx(0.25)
    silent = _bounds(crop, crop_time=0.9)
    assert {_draw(crop, sample, i, silent)["cut_span"] for i in range(300)} == {0}


def test_at_keyframes_a_crop_begins_at_one_and_hides_nothing(whole):
    crop = TemporalCrop(cut="keyframe", frames=32)
    draws = [_draw(crop, _sample(whole, (33, 40)), i) for i in range(60)]
    assert {draw["first"] for draw in draws} == {15, 30}
    assert all(_made(crop, _sample(whole), draw).payload.keyframes[0] == 0 for draw in draws)


def test_a_crop_at_keyframes_grows_until_one_fits(whole):
    crop = TemporalCrop(cut="keyframe", cut_range=(0.4, 0.8))
    draws = [_draw(crop, _sample(whole, (14, 40)), i) for i in range(60)]
    assert {draw["first"] for draw in draws} == {0}
    assert min(draw["end"] for draw in draws) == 40


@pytest.mark.parametrize(("shorter", "n"), [("keep", 75), ("hold", 100), ("loop", 100)])
def test_a_shorter_clip_is_kept_or_filled_up_as_the_recipe_says(whole, shorter, n):
    crop = TemporalCrop(frames=100, shorter=shorter)
    made = _made(crop, _sample(whole, (5, 9)), _draw(crop, _sample(whole, (5, 9))))
    assert made.payload.frames == n
    assert made.annotations == {"span": [5, 9]}
    if n == 100:
        seen, own = frames(made.payload).astype(int), frames(whole).astype(int)
        assert np.abs(seen[90] - own[15 if shorter == "loop" else 74]).mean() < 4


def test_what_cannot_be_is_told_and_no_error(whole):
    short = TemporalCrop(frames=100, shorter="fail")
    for crop, span, why in [
        (short, None, "75 frames, fewer than the 100"),
        (TemporalCrop(frames=10), (5, 30), "holds 25 frames of the labelled span"),
        (TemporalCrop(cut="keyframe", frames=20), (40, 55), "beginning at a keyframe"),
        (TemporalCrop(), (80, 90), "outside the clip"),
    ]:
        answer = _made(crop, _sample(whole, span), _draw(crop, _sample(whole, span)))
        assert isinstance(answer, Failed)
        assert why in answer.reason


def test_without_a_labelled_span_a_silent_contract_lets_a_quarter_go():
    crop = TemporalCrop(frames=64)
    assert _bounds(crop) == {"crop_time": (0, 0.25), "cut_span": (0, 0)}
    assert _bounds(crop, crop_time=0.9)["crop_time"] == (0, 0.9)


@pytest.mark.parametrize(
    "settings",
    [{"frames": 8, "seconds": 1}, {"frames": 0}, {"cut_range": (0.5, 0.2)}, {"cut_range": (0, 1)}, {"cut": "near"}],
)  # fmt: skip
def test_impossible_settings_are_refused(settings):
    with pytest.raises(ValidationError):
        TemporalCrop(**settings)


def test_edges_are_encoded_again_for_readers_that_know_no_edit_lists(whole):
    draw = {"first": 20, "end": 64, "wanted": None, "crop_time": 0.2, "cut_span": 0.0}
    shown, hiding = (
        _made(TemporalCrop(edge=edge), _sample(whole), draw).payload for edge in ("encode", "hide")
    )
    assert [shown.frames, hiding.frames] == [44, 44]
    assert shown.keyframes[0] == 0
    assert hiding.keyframes[0] == 10
    np.testing.assert_array_equal(frames(shown)[10:], frames(hiding)[10:])
