import pytest

from synthgen.models.opposites import opposite


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("good", "dreadful"), ("rise", "fall"), ("with", "without"), ("likely", "unlikely"), ("legal", "illegal"),
        ("agree", "disagree"), ("useful", "useless"), ("hopeless", "hopeful"), ("freeze", "unfreeze"),
    ],
)  # fmt: skip
def test_opposites_are_found_both_ways(a, b):
    assert opposite(a, b)
    assert opposite(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("good", "fine"), ("film", "movie"), ("valuable", "invaluable"), ("side", "inside"), ("come", "income"),
        ("cover", "discover"), ("good", "good"), ("", ""), ("less", "ful"),
    ],
)  # fmt: skip
def test_other_words_are_none(a, b):
    assert not opposite(a, b)
