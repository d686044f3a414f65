import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synthgen.models.words import Edit, applied, is_negation, is_number, like, protected, tokens


def held(text):
    pieces = tokens(text)
    return [pieces[i].text for i in sorted(protected(pieces))]


@given(st.text())
def test_the_pieces_of_any_text_joined_are_the_text(text):
    pieces = tokens(text)
    assert "".join(p.text for p in pieces) == text
    assert all(text[p.start : p.end] == p.text for p in pieces)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("It isn't bad.", ["word", "word", "word", "punct"]),
        ("Call 08000-930 705 or £1.50/wk", ["word", "number", "number", "word", "number"]),
        ("see https://a.org/b?c=1, now", ["word", "other", "punct", "word"]),
        ("mail a.b@c.org #tag @you {name} <b>", ["word"] + ["other"] * 5),
        ("well-made, don’t", ["word", "punct", "word"]),
        ("It 's Tom 's", ["word"] * 4),
        ("🙂 naïve", ["punct", "word"]),
        ("call foo_bar() and x1", ["word", "other", "word", "number"]),
    ],
)
def test_pieces_are_of_the_kind_they_look_like(text, kinds):
    assert [p.kind for p in tokens(text) if p.kind != "space"] == kinds


@pytest.mark.parametrize("part", ["a-", "<", "{{", "a.", "a@", "1-", "`", "www.", "a_", "[A", "ab.", "$"])
def test_no_text_takes_long_to_be_split(part):
    began = time.process_time()
    assert "".join(p.text for p in tokens(part * 30_000)) == part * 30_000
    assert (
        time.process_time() - began < 4
    )  # all take under 0.2 s; one that looks at every rest of the text, 40 s


@pytest.mark.parametrize(
    "word", ["not", "Never", "don't", "DON’T", "cannot", "dont", "nobody", "without", "non-toxic"]
)
def test_negations_are_known(word):
    assert is_negation(word)


@pytest.mark.parametrize("word", ["know", "another", "knot", "can", "note"])
def test_words_that_only_look_like_negations_are_none(word):
    assert not is_negation(word)


@pytest.mark.parametrize("word", ["3", "£1.50", "10am", "07734396839", "twenty-one", "Third", "2nd", "B2B"])
def test_numbers_are_known(word):
    assert is_number(word)


def test_what_carries_the_label_is_protected():
    assert held("I did not watch 3 boring films") == ["not", "3", "boring"]
    assert held("Yesterday we met Tom Hanks in Paris, near www.a.org") == [
        "Tom",
        "Hanks",
        "in",
        "Paris",
        "www.a.org",
    ]
    assert held("Tom Hanks walks") == ["Tom", "Hanks"]
    assert held("The story walks") == []
    assert held("Walk now with the NASA crew") == ["NASA"]


def test_shouting_makes_no_names():
    assert held("THE FILM TALKS ABOUT WATER") == []


def test_spans_move_with_their_words():
    text = "today Tom Hanks met Ann"
    spans = [[6, 15, "person"], [20, 23, "person"]]
    edits = [Edit(0, 5, "yesterday"), Edit(6, 6, "the "), Edit(16, 19, "saw"), Edit(20, 23, "Mary Ann")]
    new, moved = applied(text, edits, spans)
    assert new == "yesterday the Tom Hanks saw Mary Ann"
    assert [new[s:e] for s, e, _ in moved] == ["Tom Hanks", "Mary Ann"]


def test_an_edit_inside_a_span_stays_inside():
    new, moved = applied("met Tom Hanks", [[8, 9, "h"], [13, 13, "!"]], [[4, 13, "person"]])
    assert (new, moved) == ("met Tom hanks!", [[4, 13, "person"]])
    new, moved = applied("met Tom Hanks", [[7, 13, ""]], [[4, 13, "person"]])
    assert (new, moved) == ("met Tom", [[4, 7, "person"]])


def test_a_span_that_is_deleted_is_gone():
    assert applied("met Tom now", [[4, 8, ""]], [[4, 7, "person"]]) == ("met now", [])


@pytest.mark.parametrize("edits", [[[2, 6, "x"]], [[0, 3, "a"], [2, 4, "b"]], [[0, 99, ""]]])
def test_edits_that_cut_a_span_overlap_or_leave_the_text_are_refused(edits):
    with pytest.raises(ValueError, match=r"cuts through|overlaps|outside"):
        applied("met Tom now", edits, [[4, 7, "person"]])


@given(st.data())
def test_spans_that_no_edit_touches_keep_their_words(data):
    text = data.draw(st.text("ab ", min_size=6, max_size=20))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), min_size=4, max_size=6)))
    span = [cuts[1], cuts[2], "x"]
    edits = [[cuts[0], cuts[1], data.draw(st.text("cd", max_size=3))], [cuts[2], cuts[3], "y"]]
    new, moved = applied(text, edits, [span])
    assert [new[s:e] for s, e, _ in moved] == [text[span[0] : span[1]]]


def test_a_new_word_takes_the_capitals_of_the_old():
    assert [like("movie", m) for m in ("film", "Film", "FILM", "I")] == ["movie", "Movie", "MOVIE", "Movie"]
