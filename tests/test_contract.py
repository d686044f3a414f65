"""The label contract: what is allowed, narrowed, refused and relabelled."""

import pytest

from synthgen.contract import Effect, LabelContract, Refusal, divide, together
from synthgen.errors import RecipeError

TURN = Effect("turn", -45, 45, free=(-10, 10), unit="degrees")
HALF_TURN = Effect.on_off("half_turn", True)
MIRROR = Effect.on_off("mirror", True)
RESIZE = Effect("resize", 0.5, 2.0, neutral=1.0)
DIGITS = ("1", "6", "9")


def contract(**every):
    return LabelContract.model_validate({"every": every})


def test_silence_leaves_only_what_is_free():
    (route,) = LabelContract().routes([TURN, MIRROR], "1", DIGITS)
    assert route.bounds == {"turn": (-10, 10), "mirror": (0, 0)}
    assert "turn -45 to 45 degrees narrowed to turn -10 to 10 degrees" in route.notes


def test_a_class_of_its_own_rule_goes_before_every():
    rules = LabelContract.model_validate({"every": {"turn": 40}, "label": {"6": {"turn": 30}}})
    assert rules.routes([TURN], "6", DIGITS)[0].bounds["turn"] == (-30, 30)
    assert rules.routes([TURN], "1", DIGITS)[0].bounds["turn"] == (-40, 40)


def test_what_can_only_break_the_label_is_refused_with_words():
    answer = contract(turn=30).routes([Effect("turn", 40, 90, unit="degrees")], "6", DIGITS)
    assert isinstance(answer, Refusal)
    assert "turn 40 to 90 degrees is asked for, but '6' tolerates turn -30 to 30 degrees" in answer.reason


def test_a_relabelled_half_turn_makes_a_six_from_a_nine_and_never_stays_a_six():
    rules = contract(half_turn={"relabel": {"6": "9", "9": "6"}})
    own, other = rules.routes([HALF_TURN], "6", DIGITS)
    assert (own.parent_label, own.bounds["half_turn"]) == ("6", (0, 0))
    assert (other.parent_label, other.bounds["half_turn"]) == ("9", (1, 1))
    assert other.notes == ("half_turn makes '9' into '6'",)


def test_a_relabelling_map_forbids_the_classes_that_it_leaves_out():
    (route,) = contract(half_turn={"relabel": {"6": "9"}}).routes([HALF_TURN], "1", DIGITS)
    assert route.bounds["half_turn"] == (0, 0)


def test_an_effect_of_degree_cannot_relabel():
    with pytest.raises(RecipeError, match="a matter of degree"):
        contract(turn={"relabel": "9"}).check({"turn": TURN})
    assert len(contract(turn={"relabel": {"6": "9"}}).routes([TURN], "9", DIGITS)) == 1


@pytest.mark.parametrize("rule", [0, 1, 0.5, [0, 0], [0, 1]])
def test_a_switch_takes_no_number(rule):
    with pytest.raises(RecipeError, match="mirror is on or off"):
        contract(mirror=rule).check({"mirror": MIRROR})


def test_a_relabelling_route_keeps_inside_the_bounds_of_both_classes():
    rules = LabelContract.model_validate(
        {"label": {"6": {"turn": 30, "half_turn": {"relabel": "9"}}, "9": {"turn": 5, "mirror": True}}}
    )
    _, other = rules.routes([TURN, HALF_TURN, MIRROR], "9", DIGITS)
    assert other.parent_label == "6"
    assert other.bounds == {"turn": (-5, 5), "half_turn": (1, 1), "mirror": (0, 0)}


def test_a_number_means_a_factor_both_ways_for_ratios():
    assert contract(resize=1.25).routes([RESIZE], "1", DIGITS)[0].bounds["resize"] == (0.8, 1.25)


@pytest.mark.parametrize(
    ("rule", "bounds"),
    [
        (True, (-45, 45)),
        ("allow", (-45, 45)),
        (False, (0, 0)),
        ("forbid", (0, 0)),
        (5, (-5, 5)),
        ([0, 20], (0, 20)),
    ],
)
def test_every_short_form_is_understood(rule, bounds):
    assert contract(turn=rule).routes([TURN], "1", DIGITS)[0].bounds["turn"] == bounds


@pytest.mark.parametrize(
    "rule", ["maybe", [20, 0], {"up_too": 3}, None, [1, "b"], {"allow": False, "relabel": "9"}]
)
def test_other_forms_are_errors(rule):
    with pytest.raises(ValueError, match=r"write|empty|up_too|either forbids"):
        contract(turn=rule)


def test_unknown_effects_and_classes_are_named_with_the_nearest_known():
    effects = {"turn": TURN, "mirror": MIRROR}
    with pytest.raises(RecipeError, match="trun: no generator has this effect. Did you mean 'turn'"):
        contract(trun=5).check(effects)
    with pytest.raises(RecipeError, match="class '66'"):
        LabelContract.model_validate({"label": {"66": {"turn": 3}}}).check(effects, ["6", "9"])
    with pytest.raises(RecipeError, match="class 'x'"):
        contract(mirror={"relabel": {"6": "x"}}).check(effects, ["6", "9"])


def test_two_turns_together_stay_inside_the_bounds_of_one():
    steps = [(TURN,), (TURN,)]
    assert together(steps)[0].low == -90
    assert divide({"turn": (-30, 30)}, steps) == [{"turn": (-15, 15)}, {"turn": (-15, 15)}]


def test_two_resizes_together_multiply_to_the_bound():
    first, second = divide({"resize": (0.64, 1.5625)}, [(RESIZE,), (RESIZE,)])
    assert first["resize"][1] * second["resize"][1] == pytest.approx(1.5625)
    assert first["resize"][0] * second["resize"][0] == pytest.approx(0.64)


def test_what_must_happen_happens_once_in_a_chain():
    first, second = divide({"half_turn": (1, 1)}, [(HALF_TURN,), (HALF_TURN,)])
    assert (first["half_turn"], second["half_turn"]) == ((1, 1), (0, 0))


def test_steps_that_cannot_stay_inside_together_have_no_division():
    assert divide({"turn": (-30, 30)}, [(Effect("turn", 20, 30),), (Effect("turn", 20, 30),)]) is None


def test_what_must_happen_happens_in_the_first_step_that_can():
    unable = Effect.on_off("half_turn", False)
    first, second = divide({"half_turn": (1, 1)}, [(unable,), (HALF_TURN,)])
    assert (first["half_turn"], second["half_turn"]) == ((0, 0), (1, 1))
