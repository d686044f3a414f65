import pytest
from text_jobs import REVIEW, held, made_of, named, texts_of

from synthgen.generators.text.noise import NEIGHBOURS, Noise
from synthgen.sample import Failed

WORD = "streets"


def errors(kind, text=WORD):
    return set(texts_of(Noise(kinds=(kind,)), text, 200, bounds={"typos": (0, 0.2)}))


def test_each_kind_of_error_is_what_it_says():
    inner = range(1, len(WORD) - 1)
    assert errors("drop") == {WORD[:i] + WORD[i + 1 :] for i in inner}
    assert errors("double") == {WORD[:i] + WORD[i] + WORD[i:] for i in inner}
    assert errors("exchange") == {
        WORD[:i] + WORD[i + 1] + WORD[i] + WORD[i + 2 :] for i in inner if WORD[i] != WORD[i + 1]
    }
    assert errors("neighbour") == {WORD[:i] + c + WORD[i + 1 :] for i in inner for c in NEIGHBOURS[WORD[i]]}
    assert errors("case", "Streets") == {"streets"}


def test_the_keys_beside_a_key_are_those_of_a_keyboard():
    assert set(NEIGHBOURS["g"]) == set("fhtyvb")
    assert set(NEIGHBOURS["q"]) == set("wa")
    assert all(
        a in NEIGHBOURS[b] for b in NEIGHBOURS for a in "abcdefghijklmnopqrstuvwxyz" if b in NEIGHBOURS[a]
    )


def test_what_carries_the_label_stays_and_nothing_else_comes_to_carry_it():
    for text in texts_of(Noise(), REVIEW, 200):
        assert held(text) == held(REVIEW)
        assert named(text) == named(REVIEW)


def test_no_typing_error_makes_a_negation():
    assert all(
        isinstance(m, Failed) for m in made_of(Noise(kinds=("drop",)), "noot", 20, bounds={"typos": (0, 0.3)})
    )


@pytest.mark.parametrize(
    "text", ["AB12C 007 x@y.org", "https://a.org/streets", "{{streets}} <b> #streets", "it is so"]
)
def test_codes_links_placeholders_and_short_words_stay(text):
    assert all(isinstance(m, Failed) for m in made_of(Noise(), text))


def test_the_share_of_characters_is_inside_the_bounds():
    for made in made_of(Noise(kinds=("neighbour",)), REVIEW, bounds={"typos": (0.01, 0.02)}):
        wrong = sum(a != b for a, b in zip(made.payload, REVIEW, strict=True))
        assert 0.01 <= wrong / len(REVIEW) <= 0.02


def test_entities_stay_and_their_spans_move():
    text = "along streets Streets Along sleep"
    for made in made_of(Noise(), text, entities=[[14, 27, "band"]]):
        (span,) = made.annotations["entities"]
        assert made.payload[span[0] : span[1]] == "Streets Along"
