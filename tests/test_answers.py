"""Answers of remote models: asked once, kept by the hash of the question, and all else made from them."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
import pytest

from synthgen.answers import Answer, Answers
from synthgen.chain import make_again, run_chain
from synthgen.errors import AnswerError, DatasetError
from synthgen.generator import Generator
from synthgen.recipe_parts import GenerateEntry
from synthgen.sample import Failed, Job, Made, Sample, Work
from synthgen.seeds import hash_of

PARENT = Sample("p", "image", "6", lambda: np.zeros((8, 8, 3), np.uint8))


class Oracle(Generator):
    """A grey that nobody can foresee: every question is answered by the next number.

    Payload: uint8. Label: kept. Source: none.
    """

    modality = "image"
    repeatable = False
    heard: ClassVar[list[str]] = []
    numbers: ClassVar[Any] = itertools.count()

    def draw(self, job: Job, parents: Any, rng: Any) -> dict[str, Any]:
        return {"question": job.index // 2}

    def asks(self, work: Work, model: Any) -> dict[str, Any]:
        return {"question": work.draw["question"]}

    def ask(self, questions: Mapping[str, Any], answers: Answers) -> None:
        for key, question in questions.items():
            self.heard.append(key)
            if question["question"] == 3:
                raise AnswerError("the oracle is asleep")
            fault = "the oracle will not say" if question["question"] == 2 else ""
            answers.keep(key, Answer(str(next(self.numbers)), {"tokens_out": 3}, fault))

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [Made(np.full((8, 8, 3), int(w.answer.text), np.uint8)) for w in batch]


@pytest.fixture
def ask():
    Oracle.heard.clear()
    entry = GenerateEntry.model_validate({"use": "image/affine"})
    entry.steps[0].__dict__["generators"] = (Oracle(),)

    def run(answers: Answers, indices: Sequence[int]) -> list[Any]:
        jobs = [Job(0, "6", i, ("p",), {}, 0) for i in indices]
        return run_chain(entry, jobs, [(PARENT,)] * len(jobs), {}, answers)

    return run


@pytest.fixture(params=["memory", "folder"])
def answers(request, tmp_path):
    return Answers(tmp_path / "answers" if request.param == "folder" else None)


def grey(outcome):
    return int(outcome.made.payload[0, 0, 0])


def test_items_that_ask_the_same_share_one_answer_and_are_never_asked_again(ask, answers):
    first = ask(answers, range(4))
    again = ask(answers, [3, 2, 1, 0])[::-1]
    assert len(Oracle.heard) == len(set(Oracle.heard)) == 2
    assert grey(first[0]) == grey(first[1]) != grey(first[2])
    assert [grey(o) for o in again] == [grey(o) for o in first]
    assert [o.answers for o in first[:2]] == [(hash_of({"question": 0}),)] * 2
    assert sorted(answers) == sorted({key for o in first for key in o.answers})


def test_what_was_answered_before_the_model_fell_silent_is_kept(ask, answers):
    with pytest.raises(AnswerError, match="asleep"):
        ask(answers, [0, 6])
    heard = list(Oracle.heard)
    ask(answers, [0, 2])
    assert Oracle.heard == [*heard, hash_of({"question": 1})]


def test_a_question_that_is_refused_for_good_fails_with_the_reason_and_is_not_asked_again(ask, answers):
    for _ in range(2):
        refused, made = ask(answers, [4, 0])
        assert refused.made == Failed("the oracle will not say")
        assert isinstance(made.made, Made)
    assert len(Oracle.heard) == 2


def test_a_sample_is_made_again_from_the_stored_answer_without_asking(ask, tmp_path):
    answers = Answers(tmp_path)
    (outcome,) = ask(answers, [0])
    heard = len(Oracle.heard)
    named = Answers(tmp_path, answers.hashes(outcome.answers))
    again = make_again([(Oracle(), outcome.draws[0])], Job(0, "6", 0, ("p",), {}, 0), (PARENT,), {}, named)
    np.testing.assert_array_equal(again.payload, outcome.made.payload)
    assert len(Oracle.heard) == heard


def test_a_version_asks_nothing_and_says_what_is_missing_or_changed(ask, tmp_path):
    answers = Answers(tmp_path)
    (outcome,) = ask(answers, [0])
    key = outcome.answers[0]
    named = Answers(tmp_path, answers.hashes([key]))
    with pytest.raises(DatasetError, match="cannot be made again"):
        ask(named, [2])
    path = next(tmp_path.rglob("*.json"))
    path.write_bytes(path.read_bytes().replace(b"tokens_out", b"tokens_0ut"))
    with pytest.raises(DatasetError, match="not the one that was published"):
        ask(named, [0])
    path.unlink()
    with pytest.raises(DatasetError, match="cannot be made again"):
        ask(named, [0])


def test_an_answer_that_is_there_stays(answers):
    answers.keep("ab" * 32, Answer("first"))
    answers.keep("ab" * 32, Answer("second"))
    assert answers["ab" * 32] == Answer("first")


def test_usage_is_summed_by_unit(answers):
    answers.keep("a" * 64, Answer("", {"tokens_in": 5, "money": 0.5}))
    answers.keep("b" * 64, Answer("", {"tokens_in": 2, "tokens_out": 1}))
    assert answers.usage(answers) == {"tokens_in": 7, "tokens_out": 1, "money": 0.5}


def test_what_was_spent_in_all_is_counted_on(answers):
    answers.keep("a" * 64, Answer("", {"tokens_in": 5}))
    assert answers.spent() == {"tokens_in": 5}
    answers.keep("b" * 64, Answer("", {"tokens_in": 2, "tokens_out": 1}))
    answers.keep("b" * 64, Answer("", {"tokens_in": 2, "tokens_out": 1}))
    assert answers.spent() == answers.usage(answers) == {"tokens_in": 7, "tokens_out": 1}


def test_an_answer_that_a_power_cut_left_empty_is_asked_for_again(ask, tmp_path):
    answers = Answers(tmp_path)
    (outcome,) = ask(answers, [0])
    path = next(tmp_path.rglob("*.json"))
    path.write_bytes(b"")
    assert outcome.answers[0] not in answers
    heard = len(Oracle.heard)
    ask(answers, [0])
    assert len(Oracle.heard) == heard + 1
    assert outcome.answers[0] in answers
