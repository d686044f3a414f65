import time

import numpy as np
import pytest

from synthgen.modalities.text import Text
from synthgen.models import minhash
from synthgen.seeds import numpy_rng


def shingles(text: str) -> set[str]:
    return {text[i : i + minhash.RUN] for i in range(max(1, len(text) - minhash.RUN + 1))}


def many(n: int) -> list[str]:
    rng = numpy_rng("many")
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz     "))
    return ["".join(row) for row in letters[rng.integers(0, len(letters), (n, 60))]]


def test_the_share_of_equal_values_estimates_the_share_of_common_shingles():
    one = "the weather was fine and we walked along the river until the evening came"
    errors = []
    for i in range(len(one.split())):
        words = one.split()
        words[i] = "something"
        other = " ".join(words)
        exact = len(shingles(one) & shingles(other)) / len(shingles(one) | shingles(other))
        a, b = minhash.signatures([one, other])
        errors.append(float(minhash.likeness(a[None], b[None])[0]) - exact)
    assert abs(np.mean(errors)) < 0.05
    assert np.max(np.abs(errors)) < 0.2


def test_case_blanks_and_punctuation_do_not_count():
    a, b = minhash.signatures(["It was great, really!", "  it WAS great -- really"])
    assert (a == b).all()


def test_a_row_does_not_depend_on_its_neighbours():
    texts = ["", "a", "ab!", "🦊", "...", "x" * 10_000, "\ud800", *many(20), "\0\0"]
    together = minhash.signatures(texts)
    alone = np.concatenate([minhash.signatures([text]) for text in texts])
    np.testing.assert_array_equal(together, alone)


def test_near_duplicates_are_found_with_the_first_that_is_like_them():
    texts = many(500)
    copies = [text[:-1] + "?" for text in texts[:40]]
    again = [text[1:] for text in texts[:40]]
    found = minhash.twins(minhash.signatures([*texts, *copies, *again]))
    assert found == {500 + i: i % 40 for i in range(80)}


def test_a_crowd_of_equal_texts_is_settled_quickly():
    texts = ["always the same words here"] * 20_000
    began = time.process_time()
    assert minhash.twins(minhash.signatures(texts)) == dict.fromkeys(range(1, 20_000), 0)
    assert time.process_time() - began < 20


def test_twins_among_others_are_not_sought_on_the_own_side():
    texts = many(30)
    rows, others = minhash.signatures([*texts, texts[0]]), minhash.signatures([*texts[5:8], *many(60)[40:]])
    assert minhash.among(rows, others) == {5: 0, 6: 1, 7: 2}


@pytest.mark.parametrize("n", [0, 1])
def test_few_texts_have_no_twins(n):
    rows = minhash.signatures(many(n))
    assert minhash.twins(rows) == {}
    assert minhash.among(rows, minhash.signatures([])) == {}


@pytest.mark.slow
def test_a_hundred_thousand_texts_take_less_than_half_a_minute():
    texts = many(90_000)
    copies = [text[:30] + "q" + text[31:] for text in texts[:10_000]]
    began = time.process_time()
    found = minhash.twins(minhash.signatures(texts + copies), least=0.7)
    assert time.process_time() - began < 30
    assert np.mean([found.get(90_000 + i) == i for i in range(10_000)]) > 0.97


def test_sketches_of_texts_tell_copies_from_others():
    one, other = (Text().specimen(numpy_rng("sketch", i)) for i in range(2))
    a, b, c = Text().sketch([one, one.upper(), other])
    assert (a == b).all()
    assert (a == c).mean() < 0.8
