"""Selection keeps what differs most and settles twins."""

import numpy as np

from synthgen.diversity import mean_distance, vendi
from synthgen.stages.select import Candidates, select

RNG = np.random.default_rng(0)


def unit(n, d=16):
    x = RNG.normal(size=(n, d))
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float16)


def candidates(vectors, content=None):
    ids = tuple(f"s{i:03d}" for i in range(len(vectors)))
    return Candidates(ids, vectors, content or ids)


def test_vendi_counts_different_samples():
    assert vendi(np.eye(8)) == np.float64(8).item() or abs(vendi(np.eye(8)) - 8) < 1e-9
    assert abs(vendi(np.tile(np.eye(8)[:1], (20, 1))) - 1) < 1e-9


def test_vendi_is_the_same_by_either_gram_matrix():
    x = unit(40, 8).astype(np.float64)
    full = np.linalg.eigvalsh(x @ x.T / 40)
    full = full[full > 1e-12] / full[full > 1e-12].sum()
    assert abs(vendi(x) - np.exp(-(full * np.log(full)).sum())) < 1e-6


def test_mean_distance_equals_the_mean_over_all_pairs():
    x = unit(30).astype(np.float64)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    cosines = (x @ x.T)[~np.eye(30, dtype=bool)]
    assert abs(mean_distance(x) - (1 - cosines.mean())) < 1e-9


def test_candidates_as_far_as_each_other_are_taken_in_order_whatever_order_floats_are_added_in():
    one = unit(1, 50)[0]
    shuffled = np.stack([RNG.permutation(one) for _ in range(60)])
    real = np.full((3, 50), 1 / 50**0.5, np.float16)
    assert select({"a": candidates(shuffled)}, {"a": 1}, {"a": real}).decisions["s000"] == "kept"


def test_no_more_than_the_room_is_kept_and_every_candidate_is_decided():
    chosen = select({"a": candidates(unit(50))}, {"a": 20}, {})
    assert sorted(chosen.decisions.values()) == ["kept"] * 20 + ["surplus"] * 30
    assert set(chosen.reasons) == {s for s, d in chosen.decisions.items() if d == "surplus"}


def test_twins_are_surplus_even_where_there_is_room():
    vectors = unit(4)
    chosen = select({"a": candidates(vectors, ("x", "y", "x", "z"))}, {"a": 10}, {})
    assert chosen.decisions == {"s000": "kept", "s001": "kept", "s002": "surplus", "s003": "kept"}
    assert chosen.reasons["s002"] == "the same as s000"


def test_samples_that_look_the_same_count_as_twins():
    vectors = np.concatenate([unit(3), unit(1)])
    vectors = np.concatenate([vectors, vectors[:1]])
    assert select({"a": candidates(vectors)}, {"a": 10}, {}).decisions["s004"] == "surplus"


def test_kept_are_more_diverse_than_candidates_on_average():
    tight, spread = np.tile(unit(1), (40, 1)) + unit(40) / 8, unit(10)
    every = np.concatenate([tight, spread]).astype(np.float32)
    every = (every / np.linalg.norm(every, axis=1, keepdims=True)).astype(np.float16)
    found = select({"a": candidates(every)}, {"a": 12}, {}).diversity["a"]
    assert found["kept"]["mean_distance"] > found["candidates"]["mean_distance"]


def test_no_room_keeps_nothing():
    assert set(select({"a": candidates(unit(5))}, {"a": 0}, {}).decisions.values()) == {"surplus"}


def test_many_candidates_are_taken_in_blocks_up_to_the_target():
    chosen = select({"a": candidates(unit(9000, 32))}, {"a": 100}, {})
    assert list(chosen.decisions.values()).count("kept") == 100


def test_what_a_class_has_kept_already_is_not_kept_again():
    vectors = unit(5)
    before = Candidates(("old0", "old1"), np.stack([unit(1)[0], vectors[2]]), ("x", "y"))
    new = candidates(vectors, ("a", "x", "b", "c", "d"))
    chosen = select({"a": new}, {"a": 10}, {}, {"a": before})
    assert chosen.decisions == {f"s00{i}": "surplus" if i in (1, 2) else "kept" for i in range(5)}
    assert chosen.reasons == {"s001": "the same as old0", "s002": "the same as old1"}


def test_what_is_kept_differs_from_what_was_kept_before():
    vectors = np.eye(4, 16, dtype=np.float16)
    like_the_first = (vectors[:1] + vectors[3:] / 10) / np.float16(1.01**0.5)
    before = Candidates(("old",), like_the_first, ("old",))
    chosen = select({"a": candidates(vectors[:3])}, {"a": 2}, {}, {"a": before})
    assert chosen.decisions == {"s000": "surplus", "s001": "kept", "s002": "kept"}
