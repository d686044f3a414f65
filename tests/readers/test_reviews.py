from collections import Counter

import pytest

from synthgen.readers.reviews import Reviews


def of(split: str, **settings) -> Counter:
    return Counter(one.label for one in Reviews(**settings).items(None, split))


def test_every_review_is_in_one_split_and_no_two_are_the_same():
    reader = Reviews(cut={"negative": 12})
    places = [one.place for split in ("train", "holdout", "pool") for one in reader.items(None, split)]
    assert len(set(places)) == len(places) == 120
    assert len({reader.raw(None, place) for place in places}) == 120


def test_negative_ones_are_cut_to_few_and_the_others_are_the_pool():
    assert of("train", cut={"negative": 12}) == {"positive": 58, "negative": 12}
    assert of("holdout", cut={"negative": 12}) == {"positive": 14, "negative": 10}
    assert of("pool", cut={"negative": 12}) == {"negative": 26}


def test_a_class_that_it_has_not_is_refused():
    with pytest.raises(ValueError, match="the classes are negative, positive"):
        Reviews(cut={"neutral": 3})
