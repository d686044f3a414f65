import numpy as np
import pytest

from synthgen import comparison
from synthgen.comparison import Estimate, Resampling

LABELS = np.array([0] * 6 + [1] * 2)
GAIN, LOSS, NOTHING = Estimate(0.1, 0.05, 0.2), Estimate(-0.1, -0.2, -0.05), Estimate(0.0, -0.1, 0.1)


def probabilities(said, sure=0.9):
    """One seed's probabilities: `sure` for what is said."""
    out = np.full((len(said), 2), 1 - sure, np.float32)
    out[np.arange(len(said)), said] = sure
    return out


def plain(seeds=1, n=8):
    return Resampling(np.full((1, seeds), 1 / seeds), np.ones((1, n)))


def test_figures_are_those_of_the_confusion_matrix():
    said = np.array([0, 0, 0, 1, 1, 1, 1, 0])
    found = comparison.scores(probabilities(said)[None], LABELS, plain())
    np.testing.assert_allclose(found.recall[0], [3 / 6, 1 / 2])
    assert found.balanced[0] == pytest.approx(0.5)
    assert found.macro_f1[0] == pytest.approx((2 * 3 / (6 + 4) + 2 * 1 / (2 + 4)) / 2)
    assert found.ece[0] == pytest.approx(abs(4 / 8 - 0.9))


def test_figures_are_means_over_seeds():
    right, wrong = probabilities(LABELS, 1.0), probabilities(1 - LABELS, 1.0)
    found = comparison.scores(np.stack([right, wrong]), LABELS, plain(2))
    assert (found.balanced[0], found.macro_f1[0], found.ece[0]) == (0.5, 0.5, 0.5)


def test_resampling_keeps_the_size_of_each_class_and_starts_with_what_was_measured():
    drawn = comparison.resampling(LABELS, 3, 50)
    assert (drawn.items[0] == 1).all()
    np.testing.assert_allclose(drawn.items[:, LABELS == 0].sum(1), 6)
    np.testing.assert_allclose(drawn.items[:, LABELS == 1].sum(1), 2)
    np.testing.assert_allclose(drawn.seeds.sum(1), 1)
    np.testing.assert_allclose(drawn.seeds[0], 1 / 3)


def test_of_several_draws_of_train_each_counts_with_all_of_its_seeds():
    drawn = comparison.resampling(np.zeros(2, int), 2, 40_000, train_draws=3)
    assert drawn.seeds.shape == (40_001, 6)
    np.testing.assert_allclose(drawn.seeds[:, ::2], drawn.seeds[:, 1::2])
    np.testing.assert_allclose(drawn.seeds.sum(1), 1)
    means = np.repeat([0.1, 0.4, 0.7], 2) + np.tile([-0.05, 0.05], 3)
    spread = np.var([0.1, 0.4, 0.7], ddof=1) / 3
    assert (drawn.seeds[1:] @ means).var() == pytest.approx(spread, rel=0.05)


def test_the_variance_over_few_seeds_is_the_unbiased_one():
    drawn = comparison.resampling(np.zeros(2, int), 3, 40_000)
    values = np.array([0.1, 0.4, 0.7])
    assert (drawn.seeds[1:] @ values).var() == pytest.approx(values.var(ddof=1) / 3, rel=0.05)


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng, hit = np.random.default_rng(0), 0
    labels = np.repeat([0, 1], 40)
    for _ in range(120):
        skill = np.clip(0.7 + rng.normal(0, 0.05, 5), 0, 1)
        right = rng.random((5, 80)) < skill[:, None]
        said = np.where(right, labels, 1 - labels)
        found = comparison.scores(
            np.stack([probabilities(s) for s in said]), labels, comparison.resampling(labels, 5, 400)
        )
        _, low, high = comparison.estimate(found.balanced)
        hit += low <= 0.7 <= high
    assert hit / 120 > 0.88


def test_paired_differences_are_surer_than_the_arms_themselves():
    rng = np.random.default_rng(1)
    labels = np.repeat([0, 1], 100)
    hard = rng.random(200) < 0.4
    one = np.where(hard, 1 - labels, labels)
    two = one.copy()
    two[np.flatnonzero(hard)[:20]] = labels[np.flatnonzero(hard)[:20]]
    drawn = comparison.resampling(labels, 3)
    a, b = (comparison.scores(np.stack([probabilities(s)] * 3), labels, drawn) for s in (one, two))
    assert comparison.estimate(b.balanced - a.balanced).excludes_zero
    assert comparison.estimate(a.balanced).high > comparison.estimate(b.balanced).low


def draws(value, spread=0.0, n=400):
    rng = np.random.default_rng(3)
    return np.concatenate([[value], value + spread * rng.standard_normal(n)])


@pytest.mark.parametrize(
    ("change", "spread", "n", "verdict"),
    [
        (0.1, 0.01, 100, "helped"),
        (-0.1, 0.01, 100, "harmed"),
        (0.0, 0.005, 100, "unchanged"),
        (0.0, 0.05, 100, "not known"),
        (0.0, 0.0, 10, "not known"),
    ],
)
def test_a_class_is_called_what_its_interval_allows(change, spread, n, verdict):
    found = comparison.class_change(draws(0.5), draws(0.5 + change, spread), n, margin=0.02)
    assert found.verdict == verdict
    assert found.smallest_shown >= 1 / n


def test_the_share_of_the_way_is_a_ratio_and_left_out_where_there_is_no_way():
    strong, more = draws(0.6, 0.001), draws(0.8)
    share = comparison.share_of_way(draws(0.6), draws(0.65), draws(0.8))
    assert share == pytest.approx(Estimate(0.25, 0.25, 0.25))
    assert comparison.share_of_way(strong, strong, draws(0.6)) is None
    assert comparison.share_of_way(more, more, strong) is None


def test_the_exchange_rate_is_read_off_the_curve():
    curve = {0: draws(0.5), 100: draws(0.7), 300: draws(0.9)}
    assert comparison.exchange_rate(curve, draws(0.6)) == pytest.approx((50, 50, 50, False))
    assert comparison.exchange_rate(curve, draws(0.4)) == pytest.approx((0, 0, 0, False))
    assert comparison.exchange_rate(curve, draws(0.95)) == pytest.approx((300, 300, 300, True))
    assert comparison.exchange_rate({0: draws(0.5), 10: draws(0.5)}, draws(0.6)) is None


def test_a_curve_that_falls_for_a_while_is_made_to_rise():
    rows = np.array([[1.0, 3.0, 2.0], [3.0, 2.0, 1.0]])
    np.testing.assert_allclose(comparison._rising(rows), [[1, 2.5, 2.5], [2, 2, 2]])


@pytest.mark.parametrize(
    ("lifts", "verdicts", "said"),
    [
        ([GAIN], ["helped"], "lift"),
        ([GAIN, NOTHING], ["helped"], "no lift is shown"),
        ([GAIN], ["harmed"], "lift, but classes are harmed"),
        ([LOSS, GAIN], ["unchanged"], "harm"),
        ([NOTHING], ["harmed"], "no lift is shown, and classes are harmed"),
        ([NOTHING], ["not known"], "no lift is shown; of one class it is not known whether it is harmed"),
        (
            [NOTHING],
            ["not known"] * 2,
            "no lift is shown; of 2 classes it is not known whether they are harmed",
        ),
    ],
)
def test_the_whole_is_said_in_words(lifts, verdicts, said):
    assert comparison.overall(lifts, verdicts) == said


def test_the_calibrated_loss_asks_only_how_well_classes_are_told_apart():
    labels = np.array([0, 0, 0, 1])
    sure, unsure, wrong = (
        probabilities(said, p) for said, p in ((labels, 0.9), (labels, 0.55), (1 - labels, 0.9))
    )
    assert comparison.calibrated_loss(sure, labels) == pytest.approx(0, abs=1e-3)
    assert comparison.calibrated_loss(unsure, labels) < 0.1
    assert comparison.calibrated_loss(wrong, labels) > 0.69
    rare_missed = probabilities(np.zeros(4, int), 0.9)
    assert comparison.calibrated_loss(rare_missed, labels) == pytest.approx(np.log(2), abs=0.02)
