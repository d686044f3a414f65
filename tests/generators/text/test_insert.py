from text_jobs import REVIEW, held, made_of, texts_of

from synthgen.generators.text.insert import Insert
from synthgen.sample import Failed


def without(text, new):
    """The words of `new` that are left when those of `text` are taken out in order."""
    rest = iter(text.split())
    want = next(rest)
    left = []
    for word in new.split():
        if word == want:
            want = next(rest, None)
        else:
            left.append(word)
    assert want is None
    return left


def test_only_synonyms_come_in_and_nothing_else_changes():
    for text in texts_of(Insert(), "my kids watched the movie in the big house"):
        added = without("my kids watched the movie in the big house", text)
        assert len(added) == 1
        assert set(added) <= {"children", "viewed", "saw", "film", "home"}


def test_what_carries_the_label_stays_in_order_and_no_name_is_cut():
    for text in texts_of(Insert(), REVIEW):
        assert held(text) == held(REVIEW)
        assert "Tom Hanks" in text
        assert "not like" in text


def test_entities_keep_their_words():
    text = "they watched Tom Hanks in the movie"
    for made in made_of(Insert(), text, entities=[[13, 22, "person"]]):
        (span,) = made.annotations["entities"]
        assert made.payload[span[0] : span[1]] == "Tom Hanks"


def test_a_text_without_synonyms_fails_with_its_reason():
    (made, *_) = made_of(Insert(), "zzz qqq www")
    assert isinstance(made, Failed)
    assert "no word with a synonym" in made.reason
