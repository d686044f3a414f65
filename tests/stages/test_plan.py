"""Plans: the right number of jobs, from allowed parents, the same ones whatever else the recipe says."""

from collections import Counter

import pytest

from synthgen.errors import RecipeError
from synthgen.recipe import parse_recipe
from synthgen.stages.plan import Progressed, check, plan
from synthgen.stages.read import read

AFFINE = {"use": "image/affine", "half_turn_share": 0.5, "turn_range": [-45, 45]}
ERASE = {"use": "image/erase"}
MIXUP = {"use": "image/mixup"}
RESTYLE = {"use": "image/restyle"}


def recipe(*entries, counts=None, contract=None, **more):
    return parse_recipe(
        {
            "name": "digits",
            "source": {"reader": "digits", "cut": {"6": 12, "9": 10}},
            "targets": {"counts": counts or {"6": 40}},
            "contract": contract or {},
            "generate": list(entries),
            "filter": [],
        }
        | more
    )


@pytest.fixture(scope="module")
def index():
    return read(recipe(AFFINE))


def test_a_short_class_gets_what_it_lacks_times_oversample(index):
    made = plan(recipe(ERASE, oversample=1.5), index)
    assert made.missing == {"6": 28}
    assert Counter(job.label for job in made.jobs) == {"6": 42}


def test_a_class_that_has_enough_gets_nothing(index):
    assert not plan(recipe(ERASE, counts={"0": 3, "6": 12}), index).jobs


def test_shares_divide_the_jobs(index):
    made = plan(recipe(ERASE | {"share": 3.0}, AFFINE, counts={"6": 112}, oversample=1.0), index)
    assert Counter(job.entry for job in made.jobs) == {0: 75, 1: 25}


def test_parents_are_train_items_of_the_class_each_used_before_one_is_used_again(index):
    made = plan(recipe(ERASE, counts={"6": 36}, oversample=1.0), index)
    used = Counter(job.parents for job in made.jobs)
    assert set(used.values()) == {2}
    assert {p for (p,) in used} == {item.id for item in index.by_label["6"]}


def test_a_relabelling_half_turn_takes_parents_of_the_other_class(index):
    contract = {"every": {"half_turn": {"relabel": {"6": "9", "9": "6"}}}}
    made = plan(recipe(AFFINE, contract=contract, counts={"6": 100}), index)
    for job in made.jobs:
        label = index.by_id[job.parents[0]].label
        assert job.bounds["half_turn"] == ((1, 1) if label == "9" else (0, 0))
    assert {index.by_id[job.parents[0]].label for job in made.jobs} == {"6", "9"}
    assert "half_turn makes '9' into '6'" in made.lines[0].notes


def test_what_the_contract_refuses_is_said_and_the_others_make_up_for_it(index):
    wild = {"use": "image/affine", "turn_range": [60, 90]}
    made = plan(recipe(wild, ERASE, contract={"every": {"turn": 30}}, oversample=1.0), index)
    assert [(r.entry, r.label) for r in made.refused] == [(0, "6")]
    assert "tolerates turn -30 to 30" in made.refused[0].reason
    assert {job.entry for job in made.jobs} == {1}
    assert len(made.jobs) == 28


def test_an_entry_plans_the_same_jobs_whatever_other_entries_there_are(index):
    alone = plan(recipe(ERASE), index).jobs
    both = [job for job in plan(recipe(AFFINE, ERASE), index).jobs if job.entry == 1]
    assert [(j.index, j.parents, j.bounds) for j in both] == [
        (j.index, j.parents, j.bounds) for j in alone[: len(both)]
    ]


def test_a_later_round_goes_on_where_the_last_one_ended(index):
    one = recipe(ERASE)
    first = plan(one, index).jobs
    done = Progressed({"6": 18}, {(one.generate[0].key, "6"): len(first)}, {"6": 0.5}, 2)
    second = plan(one, index, done=done).jobs
    assert len(second) == pytest.approx(10 / 0.5 * one.oversample, abs=1)
    assert min(job.index for job in second) == len(first)


def test_mixing_takes_a_partner_of_another_class(index):
    for job in plan(recipe(MIXUP), index).jobs:
        first, second = (index.by_id[p].label for p in job.parents)
        assert first == "6"
        assert second != "6"


def test_partners_may_be_drawn_as_the_source_holds_them(index):
    cutmix = {"use": "image/cutmix", "partners_drawn": "as they are"}
    cut = {str(digit): 4 for digit in range(10)} | {"1": 90, "6": 12}
    uneven = read(recipe(cutmix, source={"reader": "digits", "cut": cut}))

    def share_of_ones(entry):
        jobs = plan(recipe(entry, counts={"6": 212}, source={"reader": "digits", "cut": cut}), uneven).jobs
        labels = [uneven.by_id[job.parents[1]].label for job in jobs]
        assert "6" not in labels
        return labels.count("1") / len(labels)

    assert share_of_ones(cutmix) == pytest.approx(90 / 122, abs=0.1)
    assert share_of_ones({"use": "image/cutmix"}) == pytest.approx(1 / 9, abs=0.1)


def test_a_second_parent_that_gives_no_label_is_any_other_item_and_binds_no_bounds(index):
    contract = {"every": {"restyle": 0.1}, "label": {"6": {"restyle": 0.5}}}
    jobs = plan(recipe(RESTYLE, contract=contract, counts={"6": 312}), index).jobs
    assert {index.by_id[job.parents[0]].label for job in jobs} == {"6"}
    assert {index.by_id[job.parents[1]].label for job in jobs} == set(index.labels)
    assert all(job.parents[0] != job.parents[1] for job in jobs)
    assert {job.bounds["restyle"][1] for job in jobs} == {0.5}


def test_a_second_parent_that_gives_no_label_leaves_relabelling_to_the_first(index):
    contract = {"every": {"half_turn": {"relabel": {"6": "9", "9": "6"}}}}
    jobs = plan(recipe({"steps": [RESTYLE, AFFINE]}, contract=contract, counts={"6": 100}), index).jobs
    for job in jobs:
        turned = job.bounds["half_turn"] == (1, 1)
        assert index.by_id[job.parents[0]].label == ("9" if turned else "6")
    assert {index.by_id[job.parents[0]].label for job in jobs} == {"6", "9"}


def test_a_partner_is_of_a_class_that_may_be_mixed_inside_the_bounds_of_both(index):
    chain = {"steps": [MIXUP, AFFINE]}
    label = {"6": {"mirror": True, "turn": 40}, "8": {"mirror": True, "turn": 20}, "1": {"mix": False}}
    for job in plan(recipe(chain, contract={"label": label}), index).jobs:
        partner = index.by_id[job.parents[1]].label
        assert partner != "1"
        assert job.bounds["mirror"] == ((0, 1) if partner == "8" else (0, 0))
        assert job.bounds["turn"] == ((-20, 20) if partner == "8" else (-15, 15))


def test_a_mixture_is_never_relabelled(index):
    contract = {"every": {"half_turn": {"relabel": {"6": "9", "9": "6"}}}}
    for job in plan(recipe({"steps": [MIXUP, AFFINE]}, contract=contract), index).jobs:
        assert index.by_id[job.parents[0]].label == "6"
        assert job.bounds["half_turn"] == (0, 0)


def test_a_request_comes_on_top_of_the_target(index):
    made = plan(recipe(ERASE, oversample=1.0), index, extra={"6": 5})
    assert made.missing == {"6": 33}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"counts": {"66": 3}}, r"\[targets\] names the class '66'"),
        ({"contract": {"label": {"x": {"turn": 3}}}}, "class 'x'"),
        ({"contract": {"every": {"trun": 3}}}, "no generator has this effect. Did you mean 'turn'"),
    ],
)
def test_names_that_do_not_exist_are_refused(index, changes, words):
    with pytest.raises(RecipeError, match=words):
        plan(recipe(AFFINE, **changes), index)


def test_a_prompt_that_does_not_exist_is_refused_before_anything_is_trained(index):
    with pytest.raises(RecipeError, match="no prompt is called 'nope'"):
        plan(recipe({"use": "image/img2img", "prompt": "nope"}), index)


def test_the_contract_may_speak_of_effects_of_generators_that_the_recipe_does_not_use(index):
    assert plan(recipe(ERASE, contract={"every": {"turn": 3}}), index).jobs


def test_a_contract_may_speak_of_what_only_a_filter_asks_about(tmp_path):
    contract = {"every": {"change_numbers": True}}
    one = {
        "name": "x", "source": {"reader": "reviews"}, "targets": {"balance_to": 60}, "contract": contract,
        "generate": [{"use": "text/reword"}],
    }  # fmt: skip
    for filters, known in (([{"use": "meaning"}], True), ([{"use": "near_copy"}], False)):
        recipe = parse_recipe(one | {"filter": filters})
        index = read(recipe, deep=False)
        if known:
            check(recipe, index)
        else:
            with pytest.raises(RecipeError, match="change_numbers: no generator has this effect"):
                check(recipe, index)
