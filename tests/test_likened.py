import time

from synthgen.likened import Piece, compared, html


def test_pieces_joined_are_the_texts_and_what_differs_is_marked():
    found = compared("we did not like it, at all", "we didn't like it at all!")
    assert "".join(p.text for p in found.before) == "we did not like it, at all"
    assert "".join(p.text for p in found.after) == "we didn't like it at all!"
    assert {"not", ","} <= {word for p in found.before if p.differs for word in p.text.split()}
    assert {p.text for p in found.after if p.differs} == {"didn't", "!"}


def test_equal_texts_differ_nowhere_and_empty_ones_have_no_pieces():
    assert compared("the same", "the same").after == (Piece("the same", False),)
    assert compared("", "new").before == ()
    assert compared("", "new").after == (Piece("new", True),)


def test_long_texts_are_compared_in_a_second():
    long = " ".join(f"word{i % 50}" for i in range(20_000))
    start = time.process_time()
    found = compared(long, long + " more")
    assert "".join(p.text for p in found.after) == long + " more"
    assert time.process_time() - start < 3


def test_html_is_escaped():
    assert html([Piece("<i>", True), Piece("&", False)], "ins") == (
        '<p class="words" dir="auto"><ins>&lt;i&gt;</ins>&amp;</p>'
    )
