import numpy as np
from sounds import made, sample, tone

from synthgen.generators.audio.shift import Shift
from synthgen.sample import Failed

WORDS = [["one", 0.1, 0.2], ["two", 0.3, 0.5]]


def test_a_sound_that_begins_later_is_longer_and_loses_nothing():
    sound = tone(seconds=1.0)
    later = made(Shift(), (sample(sound, alignment=WORDS),), {"shift": 0.1})
    np.testing.assert_array_equal(later.payload.samples[800:], sound.samples)
    assert not later.payload.samples[:800].any()
    assert later.annotations["alignment"] == [["one", 0.2, 0.3], ["two", 0.4, 0.6]]
    sooner = made(Shift(), (sample(sound, alignment=WORDS),), {"shift": -0.1})
    np.testing.assert_array_equal(sooner.payload.samples[:8000], sound.samples)
    assert sooner.annotations["alignment"] == WORDS


def test_with_silence_the_length_stays_and_a_cut_word_makes_no_sample():
    sound = tone(seconds=1.0)
    later = made(Shift(fill="silence"), (sample(sound, alignment=WORDS),), {"shift": 0.25})
    np.testing.assert_array_equal(later.payload.samples[2000:], sound.samples[:6000])
    assert later.payload.seconds == 1
    for shift in (-0.15, 0.55):
        answer = made(Shift(fill="silence"), (sample(sound, alignment=WORDS),), {"shift": shift})
        assert isinstance(answer, Failed)
        assert "would lose a word" in answer.reason


def test_around_the_end_comes_in_at_the_beginning():
    sound = tone(seconds=1.0)
    moved = made(Shift(fill="around"), (sample(sound, alignment=WORDS),), {"shift": -0.25})
    np.testing.assert_array_equal(moved.payload.samples, np.roll(sound.samples, -2000, axis=0))
    assert [word for word, *_ in moved.annotations["alignment"]] == ["two", "one"]
