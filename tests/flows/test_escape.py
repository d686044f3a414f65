from __future__ import annotations

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
def test_markdown_holds_no_character_with_a_meaning(text: str):
    shown = escape.markdown(text)
    assert not set(shown) & set("<>|`[]!*_~\\\n()/:\x1b‮")


@pytest.mark.parametrize("text", ["<b>", "a|b`c`", "x_y (z)", "no", "NA", "🙂 é"])
def test_markdown_shows_the_same_text_once_rendered(text: str):
    import html

    assert html.unescape(escape.markdown(text)) == text


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
