import numpy as np
import pytest

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
