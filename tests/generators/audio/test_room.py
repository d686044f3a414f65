import numpy as np
import pytest
from sounds import drawn, level_db, made, sample, tone

from synthgen.generators.audio.room import Room
from synthgen.models import sound_rooms
from synthgen.models.sound import rounded

CLICK = rounded(np.r_[0.9, np.zeros(7999)], 8000)


def test_echoes_fade_in_the_time_that_was_drawn():
    for room in range(3):
        for wanted in (0.15, 0.3, 0.5):
            draw = {"room": room, "reverberation": wanted}
            echoes = made(Room(tail=True), (sample(CLICK),), draw).payload.samples[:, 0]
            assert sound_rooms.reverberation(echoes, 8000) == pytest.approx(wanted, rel=0.25)


def test_the_bank_has_rooms_of_its_own_for_each_seed_and_the_same_at_each_rate():
    first, again, other = (sound_rooms.impulse(bank, 0, 8000)[0] for bank in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    low, high = (sound_rooms.impulse(0, 0, rate)[1] for rate in (8000, 16000))
    assert low == pytest.approx(high, rel=0.2)
    assert {drawn(Room(rooms=3), (sample(CLICK),), i)["room"] for i in range(40)} == {0, 1, 2}


def test_the_level_stays_and_the_direct_sound_is_not_delayed():
    sound = tone(440, 1.0, 0.2)
    draw = {"room": 1, "reverberation": 0.2}
    echoed = made(Room(), (sample(sound, transcript="x"),), draw)
    assert level_db(echoed.payload.samples) == pytest.approx(level_db(sound.samples), abs=0.05)
    assert echoed.payload.seconds == 1
    assert echoed.annotations == {"transcript": "x"}
    assert np.abs(made(Room(), (sample(CLICK),), draw).payload.samples).argmax() <= 0.002 * 8000
    assert made(Room(tail=True), (sample(sound),), draw).payload.seconds > 1.1
