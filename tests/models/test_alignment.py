from synthgen.models import alignment

SAID = {"transcript": "one two", "alignment": [["one", 0.1, 0.2], ["two", 0.4, 0.6]], "speaker": "x"}


def test_what_is_played_twice_as_fast_is_said_in_half_the_time():
    assert alignment.scaled(SAID, 2.0) == {**SAID, "alignment": [["one", 0.05, 0.1], ["two", 0.2, 0.3]]}
    assert alignment.scaled({"transcript": "one"}, 2.0) == {"transcript": "one"}


def test_without_an_alignment_nothing_moves_or_is_lost():
    assert alignment.moved({"transcript": "one"}, 5.0, 1.0) == {"transcript": "one"}
