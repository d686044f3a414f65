import asyncio

import pytest

from synthgen.errors import AnswerError
from synthgen.models.llm_budget import Budget, Prices

ASKED = [{"role": "user", "content": "x" * 200}]
MOST = {"max_tokens": 50}


def test_what_may_be_taken_is_set_aside_until_the_answer_is_there():
    async def work():
        budget = Budget(most_tokens=400)
        first = await budget.reserve(ASKED, MOST)
        second = await budget.reserve(ASKED, MOST)
        third = asyncio.ensure_future(budget.reserve(ASKED, MOST))
        await asyncio.sleep(0.01)
        waits = not third.done()
        await budget.settle(first, {"tokens_in": 40, "tokens_out": 10})
        await third
        await budget.settle(second, {})
        return first.tokens, waits, budget.spent

    tokens, waits, spent = asyncio.run(work())
    assert tokens == 166
    assert waits
    assert spent == {"tokens_in": 40, "tokens_out": 10}


def test_what_cannot_fit_even_alone_ends_it():
    budget = Budget(most_money=0.001, prices=Prices(1, 100), spent={"money": 0.0009})
    with pytest.raises(AnswerError, match=r"0\.0009 of 0\.001 money are used"):
        asyncio.run(budget.reserve(ASKED, MOST))


def test_usage_is_priced_and_estimated_where_it_is_not_counted():
    assert Budget(prices=Prices(1, 2)).usage(1000, 500, ASKED, "") == {
        "tokens_in": 1000, "tokens_out": 500, "money": pytest.approx(0.002),
    }  # fmt: skip
    assert Budget().usage(None, None, ASKED, "abcdefgh") == {"tokens_in": 50, "tokens_out": 2}
