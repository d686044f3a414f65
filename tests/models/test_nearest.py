import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from synthgen.models import nearest


def units(n: int, d: int = 40, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).normal(size=(n, d))
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("k", [1, 3])
def test_the_highest_cosines_are_found_across_blocks(monkeypatch, k):
    monkeypatch.setattr(nearest, "BLOCK", 7)
    a, b = units(11), units(50, seed=1)
    found = nearest.highest(nearest.rounded(a), nearest.rounded(b), k)
    np.testing.assert_allclose(found, -np.sort(-(a @ b.T), axis=1)[:, :k], atol=2e-3)


def test_cosines_are_the_same_bits_in_any_company():
    a, b = nearest.rounded(units(37)), nearest.rounded(units(300, seed=1))
    together = nearest.highest(a, b, 3)
    alone = [nearest.highest(a[i : i + 1], b[::-1], 3)[0] for i in range(len(a))]
    np.testing.assert_array_equal(together, alone)


def test_too_few_rows_leave_the_lowest_cosine():
    one = nearest.rounded(units(1))
    np.testing.assert_allclose(nearest.highest(one, one, 3), [[1, -1, -1]], atol=2e-3)


def test_the_row_with_the_least_largest_difference_is_found(monkeypatch):
    monkeypatch.setattr(nearest, "BLOCK", 16)
    b = np.random.default_rng(0).random((100, 12)).astype(np.float32)
    a = b[[3, 50, 99]] + np.float32(0.01)
    apart, rows = nearest.closest(a, b)
    np.testing.assert_allclose(apart, 0.01, atol=1e-6)
    np.testing.assert_array_equal(rows, [3, 50, 99])


def test_farthest_first_takes_one_of_each_cluster():
    clusters = nearest.rounded(np.repeat(np.eye(5, 16), 10, axis=0))
    assert {i // 10 for i in nearest.farthest_first(clusters, 5)} == {0, 1, 2, 3, 4}


def test_farthest_first_stays_away_from_what_is_there():
    clusters = nearest.rounded(np.eye(5))
    assert sorted(nearest.farthest_first(clusters, 3, near=clusters[[1, 4]])) == [0, 2, 3]


def test_twins_are_pairs_above_the_cosine():
    rows = units(6)
    assert nearest.twins(nearest.rounded(np.concatenate([rows, rows[[2, 4]]])), 0.9995) == [(2, 6), (4, 7)]


def test_rows_that_are_among_others_are_found_across_blocks(monkeypatch):
    monkeypatch.setattr(nearest, "BLOCK", 4)
    rows = nearest.rounded(units(9))
    assert nearest.alike(rows[[7, 1, 8]], np.concatenate([rows[:8], rows[:8]]), 0.9995) == {0: 7, 1: 1}


@pytest.mark.parametrize("threads", [1, 2])
def test_work_that_overlaps_leaves_blas_as_it_was(threads):
    def now() -> set[int]:
        return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}

    with threadpool_limits(threads, user_api="blas"):
        first, second = nearest.one_core(), nearest.one_core()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        assert now() == {1}
        second.__exit__(None, None, None)
        assert now() == {threads}
