"""Prompts are filled with the class, and hashed by what reaches the model."""

import pytest

from synthgen.errors import RecipeError
from synthgen.prompt import Prompt, load_prompt


def prompt(**changes):
    return Prompt.model_validate({"template": "a {label}", "licence": "MIT", "version": 1} | changes)


def test_a_shipped_prompt_is_filled_with_the_class_or_its_name():
    assert load_prompt("image", "photo").fill("glass") == "a photo of a glass"
    assert load_prompt("image", "digit").fill("6") == "a handwritten digit six"


def test_a_class_name_with_braces_stays_as_it_is():
    assert prompt().fill("{x}") == "a {x}"


@pytest.mark.parametrize("template", ["no field", "{label} {other}", "{}"])
def test_a_template_has_the_label_and_nothing_else(template):
    with pytest.raises(ValueError, match="template"):
        prompt(template=template)


def test_the_hash_follows_what_reaches_the_model():
    assert prompt().sha256 == prompt(version=2, description="x").sha256
    assert len({prompt().sha256, prompt(negative="x").sha256, prompt(names={"a": "b"}).sha256}) == 3


def test_an_unknown_prompt_offers_the_nearest(tmp_path):
    with pytest.raises(RecipeError, match="no prompt is called 'foto'. Did you mean 'photo'"):
        load_prompt("image", "foto")
    path = tmp_path / "mine.toml"
    path.write_text('template = "{label}"\n')
    with pytest.raises(RecipeError, match=r"mine\.toml is no valid prompt"):
        load_prompt("image", str(path))


def test_a_prompt_of_another_kind_has_the_fields_of_that_kind(tmp_path):
    from synthgen.models.paraphrase_prompt import Style, Task

    path = tmp_path / "mine.toml"
    path.write_text('template = "like {label}, {who}"\nlicence = "MIT"\nversion = 1\n')
    with pytest.raises(RecipeError, match=r"needs no field and may have \{label\}"):
        load_prompt("text", str(path), Style)
    with pytest.raises(RecipeError, match=r"needs \{count\} and \{examples\} and \{label\}"):
        load_prompt("text", str(path), Task)
    styles = [
        load_prompt("text", n, Style) for n in ("formal", "casual", "short", "long", "register", "reader")
    ]
    assert len({style.sha256 for style in styles}) == 6
    assert [style.changes_register for style in styles] == [True, True, False, False, True, False]
