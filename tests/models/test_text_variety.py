import pytest

from synthgen.models.text_variety import distinct, self_bleu, variety


def split(*texts: str) -> list[list[str]]:
    return [text.split() for text in texts]


def test_distinct_runs_are_counted_over_all_texts():
    texts = split("a b a", "a b")
    assert distinct(texts, 1) == 2 / 5
    assert distinct(texts, 2) == 2 / 3
    assert distinct([], 1) == distinct(split("a"), 2) == 0


def test_self_bleu_is_one_for_the_same_and_zero_for_nothing_in_common():
    assert self_bleu(split("one two three four five", "one two three four five")) == pytest.approx(1)
    assert self_bleu(split("a b c d e", "f g h i j")) == 0


def test_self_bleu_by_hand():
    # 3 of 4 words; smoothed 3 of 4 pairs, 2 of 3 triples, 1 of 2 of all four; no brevity penalty
    expected = (3 / 4 * 3 / 4 * 2 / 3 * 1 / 2) ** (1 / 4)
    assert self_bleu(split("a b c d", "a b c x")) == pytest.approx(expected)


def test_a_text_is_no_reference_of_itself():
    assert self_bleu(split("a a a a b", "c d e f g", "h i j k l")) == 0


def test_more_variety_is_seen_by_every_number():
    dull = [f"the film was good number {word}" for word in ("one", "two", "three", "four")]
    rich = [
        "we walked home at night",
        "nobody expected rain",
        "her bread smells of cumin",
        "trains run late here",
    ]
    a, b = variety(dull), variety(rich)
    assert a["distinct-1"] < b["distinct-1"]
    assert a["distinct-2"] < b["distinct-2"]
    assert a["self-BLEU"] > b["self-BLEU"]


@pytest.mark.parametrize("texts", [[], ["alone"]])
def test_one_text_has_no_variety(texts):
    assert variety(texts) == {}


def test_texts_without_words_are_no_error():
    assert variety(["...", "?!", "🦊"])["self-BLEU"] == 0
