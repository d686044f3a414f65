from collections import Counter

from text_jobs import REVIEW, held, made_of, texts_of

from synthgen.generators.text.swap import Swap
from synthgen.sample import Failed


def test_the_words_stay_the_same_in_another_order():
    for text in texts_of(Swap(), "along slim streets we walk", bounds={"reorder": (0, 0.4)}):
        assert Counter(text.split()) == Counter(["along", "slim", "streets", "we", "walk"])
        assert (
            sum(a != b for a, b in zip(text.split(), ["along", "slim", "streets", "we", "walk"], strict=True))
            == 2
        )


def test_what_carries_the_label_stays_where_it_is():
    for text in texts_of(Swap(), REVIEW):
        assert held(text) == held(REVIEW)
        assert text.lower().split().index("not") == 2


def test_words_move_no_further_than_they_reach():
    order = ["along", "slim", "streets", "we", "walk"]
    for text in texts_of(Swap(reach_words=1), " ".join(order), bounds={"reorder": (0, 0.4)}):
        moved = [i for i, (a, b) in enumerate(zip(text.split(), order, strict=True)) if a != b]
        assert moved[1] - moved[0] == 1


def test_a_sentence_still_begins_with_a_capital():
    texts = texts_of(Swap(), "We walk along streets", 60, bounds={"reorder": (0, 0.5)})
    assert all(text[0].isupper() for text in texts)
    assert "Walk we along streets" in texts
    assert "Walk I along streets" in texts_of(
        Swap(), "I walk along streets", 60, bounds={"reorder": (0, 0.5)}
    )


def test_words_of_two_clauses_do_not_mix():
    texts = texts_of(Swap(), "we walk along, streets sleep there", bounds={"reorder": (0, 0.4)})
    assert all(set(t.split(",")[1].split()) == {"streets", "sleep", "there"} for t in texts)


def test_entities_stay_and_their_spans_move():
    text = "we walk along streets Ann Smith sees"
    for made in made_of(Swap(), text, entities=[[22, 31, "person"]]):
        (span,) = made.annotations["entities"]
        assert made.payload[span[0] : span[1]] == "Ann Smith"


def test_a_text_too_short_for_the_bounds_fails_with_its_reason():
    (made, *_) = made_of(Swap(), "we walk along streets there", bounds={"reorder": (0, 0.3)})
    assert isinstance(made, Failed)
    assert "between 0 and 0.3 of its 5 words should be moved" in made.reason
