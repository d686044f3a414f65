import pytest

from synthgen.models.claims import changes
from synthgen.models.text_breaks import broken
from synthgen.seeds import numpy_rng


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("Then Anna said that she was not in Rome for 3 days.", {"negate", "change_numbers", "change_names"}),
        ("it was fine", {"negate"}),
        ("Nobody came.", set()),
        ("forty people came", {"change_numbers"}),
        ("🦊🦊", set()),
    ],
)
def test_what_is_there_is_broken_and_the_claims_show_it(text, kinds):
    made = broken(text, numpy_rng("broken", text))
    assert set(made) == kinds
    for kind, other in made.items():
        assert other != text
        assert kind in {change.kind for change in changes(text, other)}


def test_a_number_is_never_changed_into_itself():
    for i in range(300):
        made = broken("at 1 or 9", numpy_rng("number", i))
        assert made["change_numbers"] != "at 1 or 9"
