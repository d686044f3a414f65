from __future__ import annotations

import re

import pytest

from flows import escape

NASTY = [
    "<script>alert(1)</script>",
    "a|b",
    "`x`",
    "[red]",
    "![p](http://x/y.png)",
    "a\nb",
    "\x1b[2J",
    "_*~",
    "\\",
    "‮abc",
]


@pytest.mark.parametrize("text", NASTY)
def test_markdown_leaves_no_character_with_a_meaning(text: str):
    bare = re.sub(r"\\[!-/:-@\[-`{-~]", "", escape.markdown(text))
    assert not set(bare) & set("<>|`[]!*_~\\\n()/:\x1b\u202e")


def test_markdown_keeps_words_and_letters():
    assert escape.markdown("no 007 é 🙂") == "no 007 é 🙂"


@pytest.mark.parametrize("text", ["image/affine", "p=0.91, needs 0.2 (near_copy)", "a|b", "no"])
def test_ordinary_text_stays_as_it_is_in_a_table_artifact(text: str):
    assert escape.cell(text) == text


@pytest.mark.parametrize("text", ["<b>", "[a](b)", "![p](http://x/y.png)", "__a__", "http://x", "`c`", "\\"])
def test_what_a_page_would_interpret_is_escaped_in_a_table_artifact(text: str):
    assert escape.cell(text) == escape.markdown(text) != text


def test_control_characters_are_spelt_out():
    assert escape.plain("a\x1b[2Jb\n") == "a\\x1b[2Jb\\n"


def test_long_text_is_cut():
    assert escape.plain("x" * 1000, 10) == "x" * 9 + "…"


def test_keys_are_what_prefect_accepts_and_differ():
    import re

    names = ["6", "<script>", "A", "a", "a b", "a-b", "a_b", "🙂", "é", "x" * 300]
    keys = [escape.key("my_data", "class", name) for name in names]
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", k) for k in keys)
    assert len(set(keys)) == len(names)
    assert escape.key("trash_photos", "summary") == "trash-photos-summary"
