"""The shipped recipes."""

import pytest

from synthgen.recipe import SHIPPED, load_recipe
from synthgen.stages.plan import plan
from synthgen.stages.read import read

GIVEN = ["source.path=photos"]
NAMES = sorted(p.stem for p in SHIPPED.glob("*.toml"))


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_and_is_named_after_its_file(name):
    recipe = load_recipe(name, [] if name == "demo" else GIVEN)
    assert recipe.name == name
    assert recipe.description


def test_the_demo_says_what_the_contract_does_to_6_and_9():
    recipe = load_recipe("demo")
    made = plan(recipe, read(recipe, deep=False))
    notes = {(line.label, note) for line in made.lines for note in line.notes}
    for label, other in ("69", "96"):
        assert (label, "turn -45 to 45 degrees narrowed to turn -30 to 30 degrees") in notes
        assert any(
            who == label and f"half_turn makes '{other}' into '{label}'" in note for who, note in notes
        )
    assert made.refused == ()
    assert made.missing == {"6": 80, "9": 80}


@pytest.mark.parametrize("name", ["demo", "sign_digits"])
def test_digits_and_right_hands_are_not_mirrored(name):
    recipe = load_recipe(name, [] if name == "demo" else GIVEN)
    effects = [e for entry in recipe.generate for e in entry.effects()]
    for label in "0123456789":
        rule = recipe.contract.rule(label, "mirror")
        assert rule is None or not rule.allow
    assert not any(e.high for e in effects if e.name == "mirror")
