from itertools import pairwise

import pytest
from text_jobs import REVIEW, a_text, held, made_of, texts_of, works

from synthgen.generators.text.reword import Reword
from synthgen.models.words import tokens
from synthgen.sample import Failed


def test_synonyms_stand_in_the_same_form_and_capitals():
    half = {"reword": (0.0, 0.5)}
    assert set(texts_of(Reword(), "Films started.", bounds=half)) == {
        "Movies started.",
        "Films began.",
    }
    assert set(texts_of(Reword(), "FILMS TALK", bounds=half)) == {"MOVIES TALK"}
    assert {t.split()[1] for t in texts_of(Reword(), "they purchased green apples")} == {"bought"}
    assert {t.split()[2] for t in texts_of(Reword(), "all those children sang")} == {"kids"}


def test_what_carries_the_label_stays():
    for text in texts_of(Reword(), REVIEW):
        assert text != REVIEW
        assert held(text) == held(REVIEW)


def test_past_and_participle_are_told_apart():
    assert {t.split()[1] for t in texts_of(Reword(), "we watched green apples")} == {"viewed", "saw"}
    assert {t.split()[2] for t in texts_of(Reword(), "we have watched green apples")} == {"viewed", "seen"}


@pytest.mark.parametrize(
    "text",
    [
        "we ring green apples",
        "I used to sing",
        "what a pick",
        "an ending was uplifting again",
        "great dull awful",
    ],
)
def test_words_of_another_kind_or_sense_stay(text):
    assert all(isinstance(m, Failed) for m in made_of(Reword(), text, 20))


def test_a_and_an_still_fit():
    for text in texts_of(
        Reword(share_range=(0.0, 1.0)),
        "it was an apartment near a flat in a nation",
        bounds={"reword": (0, 1)},
    ):
        words = text.split()
        for one, two in pairwise(words):
            if one in ("a", "an"):
                assert (two[0] in "aeiou") == (one == "an")


def test_the_share_of_words_replaced_is_what_the_draw_says():
    parent = a_text(REVIEW)
    generator = Reword()
    n = sum(p.kind in ("word", "number") for p in tokens(REVIEW))
    for work in works(generator, parent, bounds={"reword": (0.05, 0.15)}):
        assert generator.applied(work.draw)["reword"] == pytest.approx(len(work.draw["edits"]) / n)
        assert 0.05 <= len(work.draw["edits"]) / n <= 0.15


def test_a_text_with_nothing_to_replace_fails_with_its_reason():
    (made, *_) = made_of(Reword(), "Not bad!")
    assert made == Failed("none of its 2 words can be replaced by a synonym without touching its label")
    (made, *_) = made_of(Reword(), "a very long movie", bounds={"reword": (0.0, 0.1)})
    assert "between 0 and 0.1 of its 4 words" in made.reason


def test_entities_stay_and_their_spans_move():
    text = "today Movie Kids met the kids in Story"
    entities = [[6, 16, "band"], [33, 38, "place"]]
    for made in made_of(Reword(), text, entities=entities):
        assert [made.payload[s:e] for s, e, _ in made.annotations["entities"]] == ["Movie Kids", "Story"]
        assert made.payload.split()[5] == "children"


def test_legal_texts_change_at_most_a_tenth_and_no_noun_or_verb():
    text = (
        "The vendor shall therefore obtain the entire certificate and usually inform the customer of the location, "
        "nevertheless the company may modify the requirement."
    )
    nouns_and_verbs = {
        "vendor",
        "obtain",
        "inform",
        "customer",
        "location",
        "company",
        "modify",
        "requirement",
    }
    for new in texts_of(Reword(domain="legal"), text):
        assert nouns_and_verbs <= set(new.replace(",", "").replace(".", "").split())
        assert sum(a != b for a, b in zip(new.split(), text.split(), strict=True)) <= 2


def test_in_reviews_very_stays():
    text = "it was very silent in the really large house"
    assert all("very silent" in t or "very quiet" in t for t in texts_of(Reword(domain="reviews"), text))
