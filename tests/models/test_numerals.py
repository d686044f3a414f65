import pytest

from synthgen.models.numerals import numbers
from synthgen.models.words import tokens


def values(text: str) -> list[str]:
    return [n.value for n in numbers(tokens(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("it took forty-two minutes", ["42"]),
        ("one hundred and five dollars", ["105"]),
        ("three hundred thousand and twelve", ["300012"]),
        ("2 million euros, 1.5 billion people", ["2000000", "1500000000"]),
        ("£5,000 or $2.50", ["5000", "2.5"]),
        ("at 7am, at 7:00, at 18:45", ["7", "7", "18:45"]),
        ("call 07700 900123", ["07700", "900123"]),
        ("room B12 on the 21st", ["b12", "21"]),
        ("won 3-1 on 31/12", ["3", "1", "31", "12"]),
        ("rents doubled, twice", ["x2", "2"]),
        ("two thirds, half of it", ["2", "3", "1/2"]),
        ("five 6 seven", ["5", "6", "7"]),
        ("a $20k loan, 30k users", ["20000", "30000"]),
        ("two three", ["2", "3"]),
        ("nothing here", []),
    ],
)
def test_numbers_are_read_in_digits_and_in_words(text, expected):
    assert values(text) == expected


def test_words_that_are_often_no_number_are_weak():
    found = numbers(tokens("no one waited a second for 1 of them"))
    assert [(n.value, n.weak) for n in found] == [("1", True), ("2", True), ("1", False)]


@pytest.mark.parametrize(
    "text", ["٣٤ ½ ²", "0", "00", "1" * 400, "1,,2", "--5", "1e999", "$", "7" * 20 + "k"]
)
def test_odd_digits_are_no_error(text):
    assert all(isinstance(value, str) for value in values(text))
