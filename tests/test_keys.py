import pytest

from synthgen import keys
from synthgen.errors import AnswerError, RecipeError


def test_a_key_comes_from_the_environment_without_blanks(monkeypatch):
    monkeypatch.setenv("SOME_KEY", " abc\n")
    assert keys.key("SOME_KEY") == "abc"
    assert keys.key("") == ""


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_key_that_is_not_set_or_empty_is_an_error_with_a_remedy(monkeypatch, value):
    monkeypatch.delenv("SOME_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("SOME_KEY", value)
    with pytest.raises(AnswerError, match="'SOME_KEY' is not set or empty. Set the environment variable"):
        keys.key("SOME_KEY")


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "K2", "", "prefect:my-block"])
def test_names_of_keys_are_taken(name):
    assert keys.check_name(name) == name


@pytest.mark.parametrize(
    "name", ["sk-proj-12", "AIzaSy123", "a b", "gsk_abcDEF", "$KEY", "prefect:", "prefect:A B"]
)
def test_what_may_be_a_key_itself_is_refused_without_repeating_it(name):
    with pytest.raises(RecipeError, match="never the key itself") as raised:
        keys.check_name(name)
    assert name == "prefect:" or name not in str(raised.value)
