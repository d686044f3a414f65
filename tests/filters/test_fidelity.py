import numpy as np
import pytest
from real_digits import Fit, real

from synthgen.filters.fidelity import Fidelity


@pytest.fixture(scope="module")
def fit(tmp_path_factory) -> Fit:
    train = real("train", 60)
    thin = [s for s in train if s.label != "6"] + [s for s in train if s.label == "6"][:8]
    return Fit(Fidelity(), tmp_path_factory.mktemp("fidelity"), thin)


def test_unseen_real_samples_pass_also_of_a_thin_class(fit):
    assert fit.passed(real("holdout", 30)) > 0.93
    assert fit.passed(real("holdout", 30, "6")) > 0.85


def test_noise_is_rejected_with_its_distance(fit):
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    verdict = fit.judge(noise, "6")
    assert not verdict.passed
    assert "unlike the real ones of 6" in verdict.reason
    assert verdict.score > verdict.threshold


def test_another_class_is_mostly_unlike(fit):
    zeros = [s.payload for s in real("holdout", 20, "0")]
    assert np.mean([fit.judge(p, "1").passed for p in zeros]) < 0.2


def test_a_mixture_is_judged_by_its_classes_with_more_slack(fit):
    a, b = real("holdout", 1, "3")[0].payload, real("holdout", 1, "8")[0].payload
    mixed = (0.6 * a + 0.4 * b).astype(np.uint8)
    assert fit.judge(mixed, "3", weights={"3": 0.6, "8": 0.4}).passed


def test_a_mixture_has_to_be_like_one_of_its_classes(fit):
    zero = real("holdout", 1, "0")[0].payload
    assert fit.judge(zero, "1", weights={"1": 0.6, "0": 0.4}).passed
    assert not fit.judge(zero, "1", weights={"1": 0.8, "0": 0.2}).passed


def test_a_sample_without_label_is_compared_with_all(fit):
    assert fit.judge(real("holdout", 1, "5")[0].payload, None).passed


def test_a_class_that_was_never_seen_is_rejected(fit):
    verdict = fit.judge(real("holdout", 1)[0].payload, "cat")
    assert not verdict.passed
    assert "no real sample of 'cat'" in verdict.reason


def test_thin_classes_are_named(fit, tmp_path):
    assert "notes" not in fit.facts
    said = Fit(Fidelity(), tmp_path, real("train", 40, "01")[:43]).facts["notes"]
    assert "Fidelity of 1" in said[0]
