import threading

import numpy as np
import pytest

from synthgen.models.feature_cache import FeatureCache


class Doubles:
    """Computes [k, 2k] for keys, and remembers which."""

    def __init__(self, keys):
        self.keys, self.asked = keys, []

    def __call__(self, places):
        self.asked.append([self.keys[i] for i in places])
        return np.array([[self.keys[i], 2 * self.keys[i]] for i in places], np.float32)


def get(cache, keys, batch=2):
    doubles = Doubles(keys)
    rows = cache.get(keys, batch, doubles)
    np.testing.assert_array_equal(rows, [[k, 2 * k] for k in keys])
    return doubles.asked


def test_each_key_is_computed_once_in_batches():
    cache = FeatureCache()
    assert get(cache, [1, 2, 3, 2]) == [[1, 2], [3]]
    assert get(cache, [3, 4, 1]) == [[4]]
    assert cache.get([], 2, Doubles([])).shape == (0, 0)


def test_the_oldest_are_forgotten_when_it_is_full_and_the_answer_is_whole_all_the_same():
    cache = FeatureCache(most_bytes=3 * 8)
    assert get(cache, [1, 2, 3, 4, 5], batch=1) == [[1], [2], [3], [4], [5]]
    assert get(cache, [5, 4, 3]) == []
    assert get(cache, [1]) == [[1]]


def test_threads_that_want_the_same_share_the_work():
    cache, keys, asked = FeatureCache(), list(range(40)), []
    together = threading.Barrier(2)

    def work():
        doubles, waited = Doubles(keys), []

        def compute(places):
            if not waited:
                waited.append(
                    together.wait(timeout=60)
                )  # neither begins before the other has claimed its own
            return doubles(places)

        cache.get(keys, 4, compute)
        asked.append(doubles.asked)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=60)
    assert all(asked)
    assert sorted(k for mine in asked for batch in mine for k in batch) == keys


def test_what_failed_is_computed_by_whoever_asks_next():
    cache = FeatureCache()

    def fail(places):
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"):
        cache.get([1], 2, fail)
    assert get(cache, [1]) == [[1]]
