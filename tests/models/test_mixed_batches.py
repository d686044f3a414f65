import numpy as np
import pytest

from synthgen.mixture import Mixture, Sampling, Synthetic, Use
from synthgen.models.mixed_batches import MixedBatches, curve, log_prior

LABELS = np.array([0] * 90 + [1] * 10)


def synthetic(labels, parents=None):
    labels = np.array(labels)
    parents = np.full(len(labels), -1) if parents is None else np.array(parents)
    return Synthetic([0] * len(labels), np.eye(2, dtype=np.float32)[labels], labels, parents)


def batches(n=200, seed=0, **how):
    mixture = Mixture([0] * 100, LABELS, **how)
    drawn = MixedBatches(mixture, seed)
    parts = [drawn.draw(64, i / n) for i in range(n)]
    return np.concatenate([b.real for b in parts]), np.concatenate([b.synthetic for b in parts])


def test_balanced_sampling_draws_classes_alike_and_natural_sampling_does_not():
    for balanced, share in ((True, 0.5), (False, 0.1)):
        real, none = batches(sampling=Sampling(balanced=balanced))
        assert LABELS[real].mean() == pytest.approx(share, abs=0.02)
        assert (none == -1).all()


def test_synthetic_samples_take_their_share_of_the_places_of_their_class_alone():
    real, taken = batches(synthetic=synthetic([1, 1, 1]), use=Use(share=0.3))
    assert (taken[LABELS[real] == 0] == -1).all()
    assert (taken[LABELS[real] == 1] >= 0).mean() == pytest.approx(0.3, abs=0.02)
    assert np.bincount(taken[taken >= 0]) == pytest.approx((taken >= 0).sum() / 3, rel=0.1)


def test_a_full_share_leaves_no_real_sample_of_a_class():
    real, taken = batches(synthetic=synthetic([1]), use=Use(share=1.0))
    assert (taken[LABELS[real] == 1] == 0).all()


def test_real_samples_are_the_same_ones_with_and_without_synthetic_ones():
    alone, _ = batches(seed=3)
    mixed, _ = batches(seed=3, synthetic=synthetic([1, 0]), use=Use(share=0.5, replace=0.2))
    np.testing.assert_array_equal(alone, mixed)


def test_nothing_synthetic_comes_before_the_start():
    _, taken = batches(n=10, synthetic=synthetic([0, 1]), use=Use(share=1.0, start=0.5))
    assert (taken[: 5 * 64] == -1).all()
    assert (taken[5 * 64 :] >= 0).all()


def test_a_real_sample_gives_way_to_its_own_variations_of_the_same_class_only():
    those = synthetic([1, 1, 0], parents=[95, 95, 96])
    real, taken = batches(synthetic=those, use=Use(replace=0.5))
    assert set(taken[real == 95]) == {-1, 0, 1}
    assert (taken[real == 95] >= 0).mean() == pytest.approx(0.5, abs=0.05)
    assert (taken[real != 95] == -1).all()


def test_priors_are_those_of_the_labels_and_none_is_zero():
    np.testing.assert_allclose(np.exp(log_prior(LABELS, 2)), [0.9, 0.1], rtol=1e-6)
    assert np.isfinite(log_prior(LABELS, 3)).all()


def test_the_curve_has_at_most_twenty_means():
    assert curve([1.0, 3.0]) == (1.0, 3.0)
    assert curve([1.0] * 20 + [3.0] * 20) == (1.0,) * 10 + (3.0,) * 10
    assert curve([]) == ()
