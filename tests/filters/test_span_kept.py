import pytest
from gestures import VIDEO, Fit, gestures

from synthgen.contract import LabelContract
from synthgen.filters.span_kept import SpanKept
from synthgen.models.clip import cut
from synthgen.models.clip_defects import again, backwards, unspanned
from synthgen.sample import Sample
from synthgen.seeds import numpy_rng


@pytest.fixture(scope="module")
def fit(tmp_path_factory):
    return Fit(SpanKept(), tmp_path_factory.mktemp("span"))


def test_crops_that_keep_the_span_pass_also_encoded_again(fit):
    for sample in gestures():
        first, end = sample.annotations["span"]
        part = cut(sample.payload, max(0, first - 2), min(60, end + 3))
        for clip in (part, again(part, 24), sample.payload):
            assert fit.judge(clip, sample.label, parents=(sample.payload,)).passed


def test_crops_that_cut_into_the_span_are_rejected_with_what_they_show(fit):
    passed = 0
    for i, sample in enumerate(gestures()):
        part = unspanned(sample.payload, tuple(sample.annotations["span"]), numpy_rng("span", i))
        verdict = fit.judge(part, sample.label, parents=(sample.payload,))
        passed += verdict.passed
        if not verdict.passed:
            assert "of the frames that tell its label" in verdict.reason or "backwards" in verdict.reason
    # What hardly moves can't be found in its parent; such a clip is let through.
    assert passed <= len(gestures()) // 10


def test_what_is_played_backwards_is_rejected_unless_the_contract_lets_it(fit, tmp_path):
    opening = next(s for s in gestures() if s.label == "open")
    back = backwards(opening.payload)
    assert "backwards" in fit.judge(back, "open", parents=(opening.payload,)).reason
    turning = LabelContract(label={"open": {"reverse_time": {"relabel": "close"}}})
    lenient = Fit(SpanKept(), tmp_path, turning)
    assert lenient.judge(back, "close", parents=(opening.payload,)).passed
    assert not lenient.judge(back, "open", parents=(opening.payload,)).passed


def test_the_contract_says_how_much_may_be_lost(tmp_path):
    sample = gestures()[0]
    first, end = sample.annotations["span"]
    part = cut(sample.payload, 0, first + round(0.7 * (end - first)))
    lenient = Fit(SpanKept(), tmp_path, LabelContract(every={"cut_span": 0.4}))
    assert lenient.judge(part, sample.label, parents=(sample.payload,)).passed


def test_what_has_no_parent_or_no_span_or_is_not_found_passes(fit, tmp_path):
    sample, other = gestures()[0], gestures("holdout")[5]
    assert fit.judge(sample.payload).passed
    assert fit.judge(other.payload, parents=(other.payload,)).passed
    plain = SpanKept()
    bare = [Sample("x", "video", "a", lambda: sample.payload)]
    facts = plain.fit(VIDEO, bare, None, LabelContract(), tmp_path, 0, lambda *_: None)
    assert facts["labelled spans"] == 0
    assert "backwards" in facts["notes"][0]


def test_of_two_parents_one_is_enough(fit):
    first, second = gestures()[0], gestures()[4]
    assert fit.judge(first.payload, first.label, parents=(first.payload, second.payload)).passed
