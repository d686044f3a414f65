import pytest
from pydantic import ValidationError
from text_jobs import REVIEW, held, made_of, texts_of

from synthgen.generators.text.delete import Delete
from synthgen.sample import Failed, Made


def test_words_go_with_one_blank_each():
    assert set(texts_of(Delete(), "we walk along slim streets", 60, bounds={"drop_words": (0, 0.2)})) == {
        "walk along slim streets", "we along slim streets", "we walk slim streets", "we walk along streets",
        "we walk along slim",
    }  # fmt: skip


def test_what_carries_the_label_stays():
    for text in texts_of(Delete(), REVIEW):
        assert held(text) == held(REVIEW)
        assert len(text) < len(REVIEW)


def test_the_next_word_takes_the_capital():
    texts = texts_of(Delete(), "The streets sleep. It rains.", 60, bounds={"drop_words": (0, 0.3)})
    assert "Streets sleep. It rains." in texts
    assert "The streets sleep. Rains." in texts


def test_two_words_are_left_at_least():
    assert all(
        isinstance(m, Failed) for m in made_of(Delete(), "along streets", bounds={"drop_words": (0, 0.5)})
    )


def test_entities_stay_and_their_spans_move():
    text = "along the street Ann Smith walks"
    for made in made_of(Delete(), text, entities=[[17, 26, "person"]]):
        (span,) = made.annotations["entities"]
        assert made.payload[span[0] : span[1]] == "Ann Smith"


def test_legal_texts_are_refused_by_what_breaks_sentences():
    with pytest.raises(ValidationError, match="domain"):
        Delete(domain="legal")


CODE = '''
def area(w, h):
    """Multiply the sides of the big house."""
    # this part of the comment explains it
    label = {"the area": "the area of all of it"}
    return w * h  # noqa: E501
'''


def test_code_keeps_all_but_its_comments_and_texts():
    scope_one, scope_two = {}, {}
    exec(CODE, scope_one)
    for text in texts_of(Delete(domain="code"), CODE):
        assert text != CODE
        exec(text, scope_two)
        assert scope_two["area"](2, 3) == scope_one["area"](2, 3)
        assert "def area(w, h):" in text
        assert "# noqa: E501" in text
        assert '{"the area":' in text


def test_what_is_no_python_fails_with_its_reason():
    (made, *_) = made_of(Delete(domain="code"), "def f(:")
    assert made == Failed("domain code takes Python that parses, and this does not")


@pytest.mark.parametrize("text", ["( along )along streets/along x", "it 's along so", "along-streets (walks"])
def test_what_stands_beside_a_word_is_not_glued_together(text):
    for made in made_of(Delete(), text, bounds={"drop_words": (0, 0.5)}):
        if isinstance(made, Made):
            assert set(made.payload.split()) < set(text.split())


def test_an_entity_takes_no_capital():
    made = made_of(Delete(), "The ann smith walks along streets", entities=[[4, 13, "person"]])
    assert all("ann smith" in m.payload for m in made)
