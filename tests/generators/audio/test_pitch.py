import pytest
from sounds import drawn, loudest_hz, made, sample, tone

from synthgen.contract import LabelContract, Refusal
from synthgen.generators.audio.pitch import Pitch


@pytest.mark.parametrize("semitones", [-12, -2, 3, 7])
def test_the_pitch_changes_and_the_time_does_not(semitones):
    other = made(Pitch(), (sample(tone(440, 1.0), transcript="a"),), {"pitch": float(semitones)})
    assert other.payload.seconds == 1
    assert loudest_hz(other.payload) == pytest.approx(440 * 2 ** (semitones / 12), rel=0.01)
    assert other.annotations == {"transcript": "a"}


def test_more_than_two_semitones_are_left_out_unless_the_contract_allows_them():
    far = Pitch(pitch_range=(-6, 6))
    for contract, most in ((LabelContract(), 2), (LabelContract(every={"pitch": 5}), 5)):
        bounds = contract.routes(far.effects(), "a", ["a"])[0].bounds
        drawings = [drawn(far, (sample(tone()),), i, bounds)["pitch"] for i in range(100)]
        assert 0.9 * most < max(drawings) <= most
    forbidden = LabelContract(every={"pitch": False})
    answer = forbidden.routes(Pitch(pitch_range=(1, 2)).effects(), "a", ["a"])
    assert isinstance(answer, Refusal), "where a note tells the label"
