import json

import pytest

from synthgen.models.paraphrase_answers import broken_claim, fault, leaked, moved, parsed, too_far, words

SOURCE = "Anna watched the good story on 7 May, so everyone went home early."
TWO = ["The first one is here.", "Here is the second one."]
REQUEST = "You rewrite texts of a data set whose texts are sorted into classes. The fence is here."


@pytest.mark.parametrize(
    "said",
    [
        json.dumps({"paraphrases": TWO}),
        json.dumps(TWO),
        json.dumps({"1": TWO[0], "2": TWO[1]}),
        json.dumps({"paraphrases": [{"style": "formal", "text": t} for t in TWO]}, indent=2),
        f"Sure, here it is:\n```json\n{json.dumps({'paraphrases': TWO})}\n```\nI hope this helps!",
        f"<think>Let me see: [1, 2] or \"so\".</think>{json.dumps(TWO)}",
        '{"paraphrases": ["The first one is here.", "Here is the second one.", "And the thi',
        '{"paraphrases": ["The first one is here.", "Here is the second one."',
        '{"paraphrases": ["The first one is here.",\n "Here is the second one.",]}',
        "1. The first one is here.\n2. Here is the second one.",
        "1) The first one is here.\n\n2) Here is the second one.\n",
        "- The first one is here.\n- Here is the second one.",
        "* **The first one is here.**\n* **Here is the second one.**",
        '• "The first one is here."\n• “Here is the second one.”',
        "Here are two paraphrases:\n\n1. The first one is here.\n2. Here is the second one.\n\nLet me know!",
        "Paraphrase 1: The first one is here.\nParaphrase 2: Here is the second one.",
        "**Version 1:** The first one is here.\n**Version 2:** Here is the second one.",
        "The first one is here.\n\nHere is the second one.",
        "Sure! Here are the rewritten texts:\n\nThe first one is here.\n\nHere is the second one.\n\nNote: ask me.",
    ],
)  # fmt: skip
def test_paraphrases_are_found_in_every_kind_of_answer(said):
    assert parsed(said) == TWO


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('{"paraphrases": ["She said \\"no\\" twice."]}', ['She said "no" twice.']),
        ('{"paraphrases": ["Zwei\\nZeilen ü 🦊"]}', ["Zwei\nZeilen ü 🦊"]),
        ("7.30 is when the train leaves.", ["7.30 is when the train leaves."]),
        ("", []),
        ("{}", []),
        ('{"paraphrases": []}', []),
    ],
)
def test_what_is_said_inside_stays_as_it_is(said, expected):
    assert parsed(said) == expected


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I cannot assist with this request.",
        "I can’t rewrite this text.",
        "Sorry, I am unable to provide a paraphrase.",
        "As an AI language model, I have no opinion.",
        "I won't do that.",
    ],
)
def test_refusals_are_told(text):
    assert "refuses" in fault(SOURCE, text, REQUEST)


@pytest.mark.parametrize(
    "text",
    [
        "I can't believe how good this was.",
        "I'm sorry that I missed it.",
        "I cannot wait for the next one.",
        "I am afraid the film is too long.",
        "Sorry about the delay, the parcel went to another house.",
    ],
)
def test_what_only_begins_like_a_refusal_is_none(text):
    assert fault("Another text.", text, REQUEST) is None


def test_a_text_that_is_a_refusal_may_be_rewritten_as_one():
    assert fault("I cannot help with that order.", "I can't assist with this order.", REQUEST) is None


@pytest.mark.parametrize("text", [SOURCE, SOURCE.upper(), SOURCE.replace(",", " -") + "!!"])
def test_the_words_of_the_source_are_an_echo(text):
    assert "an echo" in fault(SOURCE, text, REQUEST)


def test_five_words_of_the_request_in_a_row_are_a_leak_unless_the_source_has_them():
    assert leaked("He said: you rewrite texts of a book.", SOURCE, REQUEST) == "you rewrite texts of a"
    assert leaked("He said: you rewrite texts.", SOURCE, REQUEST) is None
    assert leaked("You rewrite texts of a book.", "We saw: you rewrite texts of a kind.", REQUEST) is None
    assert leaked(f"So. === {'ab' * 12} ===", SOURCE, REQUEST) == f"=== {'ab' * 12}"
    assert leaked(f"So {'ab' * 12}.", f"Hash {'ab' * 12}", REQUEST) is None


def test_how_far_a_paraphrase_went_is_a_share_of_its_words():
    assert set(moved("a b c d", "a b c d").values()) == {0.0}
    assert moved("a b c d", "a b x y")["reword"] == 0.5
    assert moved("a b c d", "d a b c")["reorder"] == 0.25
    assert moved("a b c d", "a b")["drop_words"] == 0.5
    assert moved("a b", "a b c")["insert_words"] == 0.5


def test_signs_without_blanks_between_words_count_one_by_one():
    assert len(words("他们昨天没有来")) == 7
    assert moved("他们昨天没有来", "他们昨天没有去")["reword"] == pytest.approx(1 / 7)
    assert words("🦊 👍") == ["🦊", "👍"]


def test_what_went_too_far_is_said_with_its_bound():
    limits = {
        "reword": (0.2, 0.5),
        "reorder": (0.0, 1.0),
        "insert_words": (0.0, 0.2),
        "drop_words": (0.0, 0.2),
    }
    assert too_far("a b c d", "a b x y", limits, (0.5, 2.0)) is None
    assert "an echo: 0%" in too_far("a b c d", "a b c d", limits, (0.5, 2.0))
    assert "reword is 75%, outside the 20% to 50%" in too_far("a b c d", "a x y z", limits, (0.5, 2.0))
    assert "drop_words is 50%" in too_far("a b c d", "a x", limits, (0.5, 2.0))
    assert "the style asks for 40% to 50%" in too_far("a b c d", "a b x y", limits, (0.4, 0.5))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("On 8 May Anna saw the good story, so all went home early.", "change_numbers"),
        ("On 7 May, Bella saw the good story, so all went home early.", "change_names"),
        ("On 7 May Anna saw the good story, so nobody went home early.", "negate"),
        ("On 7 May Anna saw the good story, so all went home early.", None),
    ],
)
def test_claims_must_survive(text, kind):
    said = broken_claim(SOURCE, text)
    assert said is None if kind is None else said.startswith(f"{kind}: ")
