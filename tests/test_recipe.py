"""Recipes: what is written wrong is refused with the place and the nearest known name."""

import pytest

from synthgen.errors import RecipeError, UnknownName
from synthgen.recipe import load_recipe, parse_recipe


def written(**changes):
    data = {
        "name": "digits",
        "source": {"reader": "digits"},
        "targets": {"balance_to": 200},
        "generate": [{"use": "image/affine", "turn_range": [-20, 20]}],
        "filter": [],
    }
    return {key: value for key, value in (data | changes).items() if value is not None}


def refused(data, *overrides):
    with pytest.raises(RecipeError) as caught:
        parse_recipe(data, overrides)
    return str(caught.value)


def test_settings_of_a_generator_stand_beside_its_name():
    (entry,) = parse_recipe(written()).generate
    assert entry.name == "image/affine"
    assert entry.generators[0].turn_range == (-20, 20)


def test_a_generator_may_have_a_setting_called_steps():
    (entry,) = parse_recipe(written(generate=[{"use": "image/img2img", "steps": 4}])).generate
    assert entry.generators[0].steps == 4


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (written(sorce={}), "unknown key 'sorce'. Did you mean 'source'"),
        (written(targets={"balance_too": 3}), "unknown key 'targets.balance_too'. Did you mean 'balance_to'"),
        (written(source={"reader": "digits", "sise": 8}), "reader digits: unknown key 'sise'. Did you mean 'size'"),
        (written(generate=[{"use": "image/affine", "turn_rnge": [0, 1]}]), "Did you mean 'turn_range'"),
        (written(generate=[{"use": "image/afine"}]), "'image/afine'. Did you mean 'image/affine'"),
        (written(filter=[{"use": "near_cpy"}]), "no filter is called 'near_cpy'"),
        (written(source={"reader": "image_foldr"}), "Did you mean 'image_folder'"),
        (written(targets={}), "write balance_to = 200"),
        (written(generate=[]), "generate"),
        (written(generate=[{"share": 1}]), "a step names one generator"),
        (written(generate=[{"steps": [{"use": "image/affine", "p": 0.5}]}]), "every step has p < 1"),
        (written(generate=[{"steps": [{"use": "image/affine"}, {"use": "image/mixup"}]}]), "cannot be a later step"),
        (written(generate=[{"one_of": [{"use": "image/affine"}], "turn_range": [0, 1]}]), "stands beside one_of"),
        (written(generate=[{"one_of": [{"use": "image/affine", "p": 0.5}]}]), "p stands inside one_of"),
        (written(generate=[{"use": "image/erase"}, {"use": "image/erase", "share": 3}]), "1 is there twice"),
        (written(filter=[{"use": "near_copy"}, {"use": "near_copy"}]), "near_copy is there twice"),
        (written(filter=[{"use": "near_copy", "settings": 5}]), "filter.0.settings"),
        (written(source={"reader": "digits", "path": "/nope"}), "digits brings its own data"),
        (written(contract={"every": {"turn": [1, "b"]}}), "contract.every.turn"),
        (written(name="a/b"), "name"),
        (written(source={"reader": "image_folder"}), "path is missing"),
        (written(name=None), "name is missing"),
    ],
)  # fmt: skip
def test_mistakes_are_named_with_place_and_remedy(data, words):
    assert words in refused(data)


def test_every_mistake_is_named_at_once():
    said = refused(written(sorce={}, targets={"balance_too": 3}))
    assert "sorce" in said
    assert "balance_too" in said


def test_overrides_reach_into_lists_and_take_toml_values():
    recipe = parse_recipe(
        written(), ["generate.0.turn_range=[-5, 5]", "source.size=16", "targets.balance_to=9"]
    )
    assert recipe.generate[0].generators[0].turn_range == (-5, 5)
    assert (recipe.reader.size, recipe.targets.balance_to) == (16, 9)


def test_an_override_that_is_no_toml_is_text():
    assert parse_recipe(written(), ["source.licence=CC BY 4.0"]).source.licence == "CC BY 4.0"


@pytest.mark.parametrize("override", ["generate.7.share=1", "nonsense", "generate.x.share=1"])
def test_an_override_of_no_place_is_refused(override):
    assert "--set" in refused(written(), override)


def test_doubled_keys_and_missing_files_are_refused(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text('name = "a"\nname = "b"\n')
    with pytest.raises(RecipeError, match="no valid TOML"):
        load_recipe(str(path))
    with pytest.raises(RecipeError, match=r"no recipe is at .*nothing"):
        load_recipe("nothing")
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(RecipeError, match="no valid TOML"):
        load_recipe(str(path))


def test_the_key_changes_with_what_is_made_and_not_with_where_or_how():
    key = parse_recipe(written()).key
    same = ['publish.to="elsewhere"', "workers=7", "shard=16", 'schedule.cron="0 3 * * *"', 'description="x"']
    assert all(parse_recipe(written(), [one]).key == key for one in same)
    other = [
        "seed=1",
        "generate.0.turn_range=[-5, 5]",
        "targets.balance_to=9",
        "source.size=16",
        "contract.every.turn=3",
    ]
    assert len({key, *(parse_recipe(written(), [one]).key for one in other)}) == 1 + len(other)


def test_a_chain_is_named_by_its_steps():
    steps = [{"use": "image/affine"}, {"one_of": [{"use": "image/recolour"}, {"use": "image/erase"}]}]
    assert (
        parse_recipe(written(generate=[{"steps": steps}])).generate[0].name
        == "image/affine+image/recolour|image/erase"
    )


def test_an_unknown_plugin_is_a_recipe_error():
    assert issubclass(UnknownName, RecipeError)


def test_where_a_class_is_only_counted_no_filter_asks_whether_it_shows():
    data = {"name": "x", "source": {"reader": "conll", "path": "a.conll"}, "targets": {"balance_to": 9}}
    names = [name for name, _ in parse_recipe(data | {"generate": [{"use": "text/reword"}]}).filters]
    assert "near_copy" in names
    assert "label_agreement" not in names
