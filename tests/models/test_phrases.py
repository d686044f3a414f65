import pytest

from synthgen.models import phrases
from synthgen.models.phrases import rephrasings, table
from synthgen.models.word_edits import view_of
from synthgen.models.words import carries_label
from synthgen.sample import Sample


def ways(text: str) -> set[str]:
    """The text, each time with one phrase said otherwise."""
    view = view_of(Sample("p", "text", "x", lambda: text), "any")
    return {
        text[: view.pieces[way.first].start] + way.new + text[view.pieces[way.last].end :]
        for some in rephrasings(view).values()
        for way in some
    }


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("i need to call my bank", "i have to call my bank"),
        ("tell me what it is", "let me know what it is"),
        ("tell me the date", "let me know the date"),
        ("what is the date", "what's the date"),
        ("hi, at what time is it", "hi, when is it"),
        ("they are searching for it", "they are looking for it"),
    ],
)
def test_a_phrase_is_said_otherwise(text, other):
    assert other in ways(text)


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("i need. to call", "i have. to call"),  # a clause ends inside
        ("the need to call", "the have to call"),
        ("that is what it is", "that is what it's"),  # nothing follows
        ("will you watch it now", "will you see it now"),  # only at the end of a clause
    ],
)
def test_a_phrase_elsewhere_stays(text, never):
    assert never not in ways(text)


def test_no_phrase_touches_what_carries_a_label():
    assert sum(map(len, table().values())) > 500
    for some in table().values():
        for phrase in some:
            assert not any(map(carries_label, (*phrase.core, *phrase.new.split())))
            assert " ".join(phrase.core) != phrase.new


def test_every_line_of_the_table_gives_a_rephrasing():
    used = {(phrase.core, phrase.new) for some in table().values() for phrase in some}
    for line in phrases.TABLE.read_text().splitlines():
        if line and line[0] != "#":
            assert {(phrase.core, phrase.new) for phrase in phrases._phrases(line)} & used, line
