import json

import pytest

from synthgen.contract import LabelContract
from synthgen.filters.meaning import Meaning
from synthgen.modalities.text import Text
from synthgen.sample import Candidate, Sample, Verdict

TEXT = Text()
REAL = [
    "The film was long and dull.",
    "I liked the soup at Ann's place.",
    "We waited 20 minutes for the bus.",
]


def judge(
    tmp_path,
    child: str,
    *parents: str,
    contract: LabelContract | None = None,
    label: str | None = "a",
    **settings,
) -> Verdict:
    one = Meaning(**settings)
    train = [Sample(str(i), "text", "ab"[i % 2], lambda t=t: t) for i, t in enumerate(REAL)]
    facts = one.fit(TEXT, train, None, contract or LabelContract(), tmp_path, 0, lambda *_: None)
    json.dumps(facts)
    return one.score(TEXT, [Candidate(child, label, parents=parents)], one.load(TEXT, tmp_path, "cpu"))[0]


def test_a_sample_without_parents_passes(tmp_path):
    assert judge(tmp_path, "anything").passed


@pytest.mark.parametrize("child", [REAL[0], REAL[0].upper(), "the film -- was long and dull"])
def test_the_same_words_are_nothing_new(tmp_path, child):
    assert "nothing is new" in judge(tmp_path, child, REAL[0]).reason


def test_what_is_about_something_else_is_too_far(tmp_path):
    verdict = judge(tmp_path, "My sister sells old bicycles.", REAL[0])
    assert "says something else" in verdict.reason
    assert verdict.score < verdict.threshold


def test_of_two_parents_the_nearer_one_counts(tmp_path):
    assert judge(tmp_path, "The movie was long and dull.", REAL[1], REAL[0]).passed


def test_an_upper_bound_rejects_what_is_just_the_same(tmp_path):
    child = "The film was long and very dull."
    assert judge(tmp_path, child, REAL[0]).passed
    assert "just the same" in judge(tmp_path, child, REAL[0], most=0.9).reason


@pytest.mark.parametrize(
    ("child", "parent", "kind"),
    [
        ("The film was not long and dull.", REAL[0], "negate"),
        ("We waited 50 minutes for the bus.", REAL[2], "change_numbers"),
        ("I liked the soup at Bob's place.", REAL[1], "change_names"),
    ],
)
class TestGuards:
    def test_a_broken_claim_is_rejected(self, tmp_path, child, parent, kind):
        assert not judge(tmp_path, child, parent).passed

    def test_a_guard_can_be_left_out(self, tmp_path, child, parent, kind):
        rest = {"negate", "change_numbers", "change_names"} - {kind}
        assert judge(tmp_path, child, parent, guards=rest).passed

    def test_what_the_contract_lets_change_for_a_class_is_not_held_against_it(
        self, tmp_path, child, parent, kind
    ):
        contract = LabelContract.model_validate({"label": {"a": {kind: True}}})
        assert judge(tmp_path, child, parent, contract=contract).passed
        assert not judge(tmp_path, child, parent, contract=contract, label="b").passed
        everyone = LabelContract.model_validate({"every": {kind: True}})
        assert judge(tmp_path, child, parent, contract=everyone, label=None).passed

    def test_a_change_that_relabels_is_allowed_in_the_class_it_leads_to(self, tmp_path, child, parent, kind):
        contract = LabelContract.model_validate({"label": {"a": {kind: {"relabel": "b"}}}})
        assert judge(tmp_path, child, parent, contract=contract, label="b").passed
        assert not judge(tmp_path, child, parent, contract=contract, label="a").passed


def test_entities_that_came_are_names(tmp_path):
    one = Meaning()
    one.fit(TEXT, [], None, LabelContract(), tmp_path, 0, lambda *_: None)
    model = one.load(TEXT, tmp_path, "cpu")
    marked = Candidate(
        "I liked the pho there a lot",
        "a",
        annotations={"entities": [[12, 15, "dish"]]},
        parents=("I liked the soup there a lot",),
    )
    assert not one.score(TEXT, [marked], model)[0].passed
    assert one.score(TEXT, [marked._replace(annotations={})], model)[0].passed
