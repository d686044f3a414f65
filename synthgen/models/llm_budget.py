"""What a language model may use up, in tokens or money: set aside before a question, settled by what it took."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from synthgen.errors import AnswerError

BYTES_PER_TOKEN = 4
LEAST_BYTES_PER_TOKEN = 2
"""No tokenizer in use needs more tokens than this for text of more than a few words."""
USUAL_MOST_TOKENS = 1024


class Prices(NamedTuple):
    """Money per million tokens."""

    tokens_in: float
    tokens_out: float

    def of(self, tokens_in: float, tokens_out: float) -> float:
        """What so many tokens cost."""
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / 1e6


class Cost(NamedTuple):
    """Tokens of both ways, and money."""

    tokens: float
    money: float


@dataclass
class Budget:
    """Tokens and money that all answers of a dataset may take together; `spent` is what they took so far.

    Nothing is asked that might go beyond it: the most that a question can take is set aside until its answer is there.
    """

    most_tokens: int | None = None
    most_money: float | None = None
    prices: Prices | None = None
    spent: dict[str, float] = field(default_factory=dict)
    _reserved: list[Cost] = field(default_factory=list)
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def reserve(self, messages: Sequence[Mapping[str, str]], sampling: Mapping[str, Any]) -> Cost:
        """Set aside what a question may take at most; waits for others where that may help. AnswerError if it is too
        much even with nothing else under way."""
        size = sum(len(m["content"].encode()) for m in messages)
        tokens_in = size / LEAST_BYTES_PER_TOKEN + 16 * len(messages)
        tokens_out = sampling.get("max_tokens") or USUAL_MOST_TOKENS
        cost = Cost(tokens_in + tokens_out, self.prices.of(tokens_in, tokens_out) if self.prices else 0.0)
        async with self._changed:
            while (beyond := self._beyond(cost)) is not None:
                if not self._reserved:
                    raise AnswerError(
                        f"the budget is spent: {beyond}. What was answered is kept: raise it and run again, "
                        f"and the run goes on from there; or ask for fewer samples in [targets]."
                    )
                await self._changed.wait()
            self._reserved.append(cost)
        return cost

    async def settle(self, reserved: Cost, usage: Mapping[str, float]) -> None:
        """Put what an answer took in place of what was set aside for it."""
        async with self._changed:
            self._reserved.remove(reserved)
            for unit, n in usage.items():
                self.spent[unit] = self.spent.get(unit, 0) + n
            self._changed.notify_all()

    def usage(
        self, tokens_in: int | None, tokens_out: int | None, messages: Sequence[Mapping[str, str]], text: str
    ) -> dict[str, float]:
        """What one answer took, as the server counts; estimated by length where it does not say."""
        size = sum(len(m["content"].encode()) for m in messages)
        used = {
            "tokens_in": size // BYTES_PER_TOKEN if tokens_in is None else tokens_in,
            "tokens_out": len(text.encode()) // BYTES_PER_TOKEN if tokens_out is None else tokens_out,
        }
        return used | ({"money": self.prices.of(**used)} if self.prices else {})

    def _beyond(self, cost: Cost) -> str | None:
        """Why a question does not fit any more."""
        spent = Cost(
            self.spent.get("tokens_in", 0) + self.spent.get("tokens_out", 0), self.spent.get("money", 0)
        )
        under_way = [sum(some) for some in zip(*self._reserved, strict=True)] or [0, 0]
        for unit, most, *used in (
            ("tokens", self.most_tokens, spent.tokens, under_way[0], cost.tokens),
            ("money", self.most_money, spent.money, under_way[1], cost.money),
        ):
            if most is not None and sum(used) > most:
                return f"{used[0]:.10g} of {most:.10g} {unit} are used, and the next answer may take {used[2]:.3g}"
        return None
