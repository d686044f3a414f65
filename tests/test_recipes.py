"""The shipped recipes."""

import tomllib

import pytest

from synthgen import registry
from synthgen.recipe import SHIPPED, load_recipe
from synthgen.stages.plan import plan
from synthgen.stages.read import read

GIVEN = ["source.path=photos"]
NAMES = sorted(p.stem for p in SHIPPED.glob("*.toml"))


def given(name: str) -> list[str]:
    """What must be set for a shipped recipe: a path, unless its reader brings its data."""
    reader = tomllib.loads((SHIPPED / f"{name}.toml").read_text())["source"]["reader"]
    return GIVEN if registry.find("readers", reader).takes_path else []


@pytest.mark.parametrize("name", NAMES)
def test_it_loads_and_is_named_after_its_file(name):
    recipe = load_recipe(name, given(name))
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


@pytest.mark.parametrize("name", [n for n in NAMES if load_recipe(n, given(n)).reader.modality == "text"])
def test_texts_keep_their_negations_and_numbers(name):
    recipe = load_recipe(name, given(name))
    for entry in recipe.generate:
        answer = recipe.contract.routes(entry.effects(), "some class", ["some class"])
        assert isinstance(answer, list), entry.name
        for effect in ("negate", "change_numbers"):
            assert answer[0].bounds.get(effect, (0, 0)) == (0, 0)


def test_the_demo_of_texts_can_make_what_it_promises():
    recipe = load_recipe("demo_text")
    made = plan(recipe, read(recipe, deep=False))
    assert made.refused == ()
    assert made.missing == {"negative": 46}


def test_entities_are_read_as_classes_and_every_generator_carries_them(tmp_path):
    for split in ("train", "test"):
        sentences = [
            f"{name}{split}\tB-{kind}\nwas\tO\nhere\tO\n"
            for name, kind in (("Anna", "person"), ("Rome", "place"))
        ]
        (tmp_path / f"{split}.conll").write_text("\n".join([*sentences, f"nobody{split}\tO\n"]))
    recipe = load_recipe("ner_emerging", [f"source.path={tmp_path}", f"source.holdout={tmp_path}"])
    made = plan(recipe, read(recipe, deep=False))
    assert made.refused == ()
    assert set(made.missing) == {"person", "place"}


def test_the_demo_of_videos_makes_what_opens_of_what_closes():
    recipe = load_recipe("demo_video")
    made = plan(recipe, read(recipe, deep=False))
    for label, other in (("open", "close"), ("close", "open")):
        notes = [note for line in made.lines if line.label == label for note in line.notes]
        assert f"reverse_time makes {other!r} into {label!r}" in notes
    assert made.refused == ()
    assert made.missing == {"open": 11, "close": 10}


def test_the_demo_of_sounds_can_make_what_it_promises():
    recipe = load_recipe("demo_audio")
    made = plan(recipe, read(recipe, deep=False))
    assert made.refused == ()
    assert made.missing == {"rise": 24, "fall": 25}


def test_spoken_words_may_be_higher_and_faster_only_as_far_as_their_recipe_says():
    recipe = load_recipe("spoken_digits", GIVEN)
    for entry in recipe.generate:
        (route, *_) = recipe.contract.routes(entry.effects(), "one", ["one", "two"])
        low, high = route.bounds.get("speed", (1, 1))
        assert 1 / 1.3 <= low <= high <= 1.3
        assert -3 <= route.bounds.get("pitch", (0, 0))[0] <= route.bounds.get("pitch", (0, 0))[1] <= 3
