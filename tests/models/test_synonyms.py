import time

import pytest

from synthgen.models import synonyms
from synthgen.models.synonyms import Place, fitting, table
from synthgen.models.words import carries_label


def test_the_table_holds_forms_that_carry_no_label():
    assert len(table()) > 1500
    for form, meanings in table().items():
        assert not carries_label(form)
        for meaning in meanings:
            assert meaning.others
            assert form not in meaning.others
            assert not any(map(carries_label, meaning.others))


@pytest.mark.parametrize(
    ("form", "tag", "other"),
    [
        ("children", "NNS", "kids"), ("began", "VBD", "started"), ("begun", "VBN", "started"),
        ("purchasing", "VBG", "buying"), ("chose", "VBD", "picked"), ("countries", "NNS", "nations"),
        ("larger", "JJR", "bigger"), ("i'm", "X", "i am"),
    ],
)  # fmt: skip
def test_others_have_the_same_form(form, tag, other):
    assert other in next(m.others for m in table()[form] if m.tag == tag)


@pytest.mark.parametrize(
    ("before_that", "before", "word", "after", "other"),
    [
        ("", "to", "watch", "it", "see"), ("", "my", "watch", "is", None), ("to", "the", "shop", "", "store"),
        ("", "i", "shop", "there", None), ("the", "an", "film", "", None), ("", "a", "nation", "", "country"),
        ("i", "used", "to", "sing", None), ("", "i", "start", "up", None), ("", "it's", "a", "", None),
        ("", "", "it's", "a", "it is"), ("", "", "it's", "been", None), ("", "", "because", "of", None),
    ],
)  # fmt: skip
def test_neighbours_decide_what_a_word_is(before_that, before, word, after, other):
    found = fitting(Place(before_that, before, word, after))
    assert other in found if other else not found


def test_every_line_of_the_table_reads_as_an_entry():
    lines = [line for line in synonyms.TABLE.read_text().splitlines() if line and line[0] != "#"]
    assert len({line.partition(" ")[0] for line in lines} - set(synonyms.FORMS)) == 0
    for line in lines:
        assert list(synonyms._entries(line)), line


def test_the_table_loads_in_under_a_second():
    table.cache_clear()
    began = time.process_time()
    table()
    assert time.process_time() - began < 1
