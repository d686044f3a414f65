import json

import pytest

from synthgen.contract import LabelContract
from synthgen.filters.fluent import Fluent
from synthgen.modalities.text import Text
from synthgen.models.fluency import repetition
from synthgen.sample import Candidate, Sample
from synthgen.seeds import numpy_rng

TEXT = Text()
FAULTY = [
    ("Here is a paraphrase: the film was long but good.", "an introduction is left over"),
    ("Sure! Here are three versions:\nthe film was long", "an introduction is left over"),
    ("Paraphrase 2: the film was long", "an introduction is left over"),
    ("As an AI language model I cannot watch films.", "what an assistant says is left over"),
    ("I'm sorry, but I can't assist with that.", "what an assistant says is left over"),
    ("```\nthe film was long\n```", "a code fence is left over"),
    ("the <b>film</b> was long", "a tag is left over"),
    ("the film was <|endoftext|> long", "a control token is left over"),
    ("[INST] the film was long [/INST]", "a control token is left over"),
    ("the film by {{ name }} was long", "a placeholder is left over"),
    ("1. the film was long\n2. the film was short", "a list is left over"),
    ('{"text": "the film was long"}', "JSON is left over"),
    ("the film\\nwas long", "an escape is left over"),
    ("Rewrite the following text so that the label stays.", "an instruction is left over"),
    ("Фильм был долгий и очень скучный", "written in CYRILLIC"),
    ("昨天的电影很长而且很无聊，我们都睡着了", "written in CJK"),
    ("la película fue muy larga y el guion no tenía ningún sentido para nosotros", "another language"),
    ("the film was the film was the film was the film was the film was long", "turns in circles"),
    ("very very very very very very very very good", "turns in circles"),
    ("hahahahahahahahahaha", "turns in circles"),
    ("so good so good so good so good", "turns in circles"),
]
FINE = [
    "It was a very, very good film!", "No no no, I did not like it.", "Here is my dog.", "hmmmm", "Wow!!!!!! ......",
    "I'm sorry that I can't come today", "an AI film", "🦊🦊🦊🦊🦊🦊🦊", "ok", "Here they are", "x < y and y > 2",
    "1. place", "the café, naïve and Zoë", "she said: here we go", "10/10 would watch again",
    "Привет!! said the old woman to Anna",
]  # fmt: skip


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    rng = numpy_rng("fluent")
    real = [TEXT.specimen(rng) + " " + one for one in FINE[:-1] for _ in range(40)]
    folder = tmp_path_factory.mktemp("fluent")
    facts = Fluent().fit(TEXT, [sample(t) for t in real], None, LabelContract(), folder, 0, lambda *_: None)
    json.dumps(facts)
    return Fluent().load(TEXT, folder, "cpu")


def sample(text: str) -> Sample:
    return Sample("x", "text", "a", lambda: text)


def judge(text: str, model):
    return Fluent().score(TEXT, [Candidate(text, "a")], model)[0]


@pytest.mark.parametrize(("text", "reason"), FAULTY)
def test_what_no_person_wrote_is_rejected_with_the_reason(model, text, reason):
    verdict = judge(text, model)
    assert not verdict.passed
    assert reason in verdict.reason


@pytest.mark.parametrize("text", FINE)
def test_odd_but_human_texts_pass(model, text):
    assert judge(text, model).reason == ""


def test_what_real_texts_have_is_not_held_against_one(tmp_path):
    pages = [f"<p>page {i} about films</p>" for i in range(50)]
    Fluent().fit(TEXT, [sample(t) for t in pages], None, LabelContract(), tmp_path, 0, lambda *_: None)
    model = Fluent().load(TEXT, tmp_path, "cpu")
    assert judge("<p>another page</p>", model).passed
    assert not judge("```page```", model).passed


def test_repetition_grows_with_what_is_said_again():
    assert repetition("each word stands here just once") == 0
    once, often = "one two three four five six one two", "one two one two one two one two one two"
    assert 0 < repetition(once) < repetition(often) <= 1
