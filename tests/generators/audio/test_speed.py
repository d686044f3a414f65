import math

import pytest
from sounds import drawn, loudest_hz, made, sample, tone

from synthgen.contract import LabelContract
from synthgen.generators.audio.speed import Speed
from synthgen.sample import Failed


@pytest.mark.parametrize("speed", [0.5, 0.9, 1.25])
def test_time_and_pitch_change_together_and_the_alignment_with_them(speed):
    sound = tone(440, 1.0)
    said = {"transcript": "a", "alignment": [["a", 0.2, 0.4]]}
    other = made(Speed(), (sample(sound, **said),), {"speed": speed, "pitch": 0.0})
    assert other.payload.seconds == pytest.approx(1 / speed, abs=1 / 8000)
    assert loudest_hz(other.payload) == pytest.approx(440 * speed, rel=0.005)
    assert other.annotations["transcript"] == "a"
    assert other.annotations["alignment"] == [
        ["a", pytest.approx(0.2 / speed, abs=1e-6), pytest.approx(0.4 / speed, abs=1e-6)]
    ]


def test_the_contract_bounds_speed_by_pitch_too():
    contract = LabelContract(every={"pitch": 1})
    speed = Speed(speed_range=(0.8, 1.25))
    bounds = contract.routes(speed.effects(), "a", ["a"])[0].bounds
    draws = [drawn(speed, (sample(tone()),), i, bounds) for i in range(200)]
    for draw in draws:
        assert abs(12 * math.log2(draw["speed"])) <= 1 + 1e-9
        assert draw["pitch"] == pytest.approx(12 * math.log2(draw["speed"]))
    assert max(draw["pitch"] for draw in draws) > 0.9


def test_bounds_that_no_speed_meets_make_no_sample():
    bounds = {"speed": (0.9, 0.95), "pitch": (0.5, 1.0)}
    draw = drawn(Speed(), (sample(tone()),), 0, bounds)
    assert Speed().applied(draw) == {"speed": 0.9, "pitch": 0.5}
    answer = made(Speed(), (sample(tone()),), draw)
    assert isinstance(answer, Failed)
    assert "inside the bounds of both" in answer.reason
