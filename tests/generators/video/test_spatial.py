from fractions import Fraction

import numpy as np
import pytest
from moving_bar import drawn, made, sample

from synthgen.contract import LabelContract
from synthgen.generators.video.spatial import Spatial
from synthgen.models.clip_frames import encoded, frames

STILL = {
    "resize": 1.0, "brightness": 1.0, "contrast": 1.0, "saturation": 1.0, "turn": 0.0, "crop": 0.0, "hue": 0.0,
    "shift": [0.0, 0.0], "crop_place": [0.5, 0.5],
}  # fmt: skip


@pytest.fixture(scope="module")
def whole():
    """A smooth picture that stands still: whatever differs between frames was done to it."""
    y, x = np.mgrid[:48, :64]
    picture = np.stack([3 * x, 4 * y, 255 - 2 * x - y], -1).clip(0, 255).astype(np.uint8)
    return encoded([picture] * 12, Fraction(25))


def draw(first: dict | None = None, last: dict | None = None, **switches: float) -> dict:
    begin = STILL | (first or {})
    end = STILL | (last or first or {})
    return {"mirror": 0.0, "flip_vertical": 0.0, "grey": 0.0, "first": begin, "last": end} | switches


def shown(whole, how: dict) -> np.ndarray:
    return frames(made(Spatial(), (sample(whole),), how).payload).astype(int)


def test_all_frames_are_moved_alike(whole):
    own = frames(whole).astype(int)
    for how, expected in [
        (draw(), own),
        (draw(mirror=1.0), own[:, :, ::-1]),
        (draw(flip_vertical=1.0), own[:, ::-1]),
        (draw({"brightness": 0.5}), own // 2),
        (draw({"shift": [0.25, 0.0]}), np.roll(own, 16, 2)),
    ]:
        seen = shown(whole, how)
        margin = (slice(None), slice(4, -4), slice(20, -4))
        assert np.abs(seen - expected)[margin].mean() < 3
        assert np.abs(np.diff(seen, axis=0)).mean() < 1


def test_a_drift_goes_smoothly_from_one_draw_to_the_other(whole):
    how = draw({"shift": [-0.2, 0.0], "brightness": 0.8}, {"shift": [0.2, 0.0], "brightness": 1.2})
    seen = shown(whole, how)
    own = frames(whole).astype(int)
    light = seen.mean((1, 2, 3))
    assert light[0] < own.mean() < light[-1]
    steps = np.abs(np.diff(seen, axis=0)).mean((1, 2, 3))
    assert steps.max() < 0.35 * np.abs(seen[-1] - seen[0]).mean()


def test_drifting_samples_are_as_many_as_asked_for_and_tell_how_far_they_go(whole):
    some = Spatial(drift_share=0.5, turn_range=(-8, 12))
    drawings = [drawn(some, (sample(whole),), i) for i in range(200)]
    drifting = [d for d in drawings if d["first"] != d["last"]]
    assert 70 < len(drifting) < 130
    for one in drifting:
        told = some.applied(one)["turn"]
        assert abs(told) == max(abs(one["first"]["turn"]), abs(one["last"]["turn"]))


def test_what_the_contract_forbids_is_done_to_no_frame(whole):
    some = Spatial(drift_share=1.0)
    contract = LabelContract(every={"mirror": False, "turn": 2, "brightness": [0.95, 1.0]})
    bounds = contract.routes(some.effects(), "a", ["a"])[0].bounds
    for i in range(100):
        one = drawn(some, (sample(whole),), i, bounds)
        assert one["mirror"] == 0
        for end in (one["first"], one["last"]):
            assert abs(end["turn"]) <= 2
            assert 0.95 <= end["brightness"] <= 1


def test_the_span_stays_where_it_is(whole):
    assert made(Spatial(), (sample(whole, (2, 5)),), draw()).annotations == {"span": [2, 5]}
