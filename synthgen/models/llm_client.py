"""Ask a server that speaks the OpenAI chat-completions API (vLLM, Ollama, Gemini, ...): many questions at once,
patiently, inside a budget."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Coroutine, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from synthgen.answers import Answer, Answers
from synthgen.errors import AnswerError
from synthgen.models.llm_budget import Budget, Prices

if TYPE_CHECKING:
    import httpx2
    import openai

log = logging.getLogger(__name__)
FORMATS = ("schema", "object", "none")
"""How structure is asked for; a server that refuses one is asked by the next."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 60.0
KEPT = "What was answered is kept: run again and it goes on from there."
_PROBE = [{"role": "user", "content": "Answer with the one word: ready"}]
_FOR_GOOD = {400, 413, 422}
_FATAL = {
    401: "refuses the key",
    403: "refuses the key for this model",
    404: "knows no such model or address",
    402: "says that the account has no money left",
}


class Question(NamedTuple):
    """What one request says: model, messages, sampling (`temperature`, `max_tokens`, ...), the JSON schema wanted."""

    model: str
    messages: list[dict[str, str]]
    sampling: dict[str, Any]
    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Server:
    """Where and how to ask. `key` never leaves this value but in the request's header."""

    base_url: str
    key: str = field(repr=False, default="")
    concurrency: int = 64
    retries: int = 6
    timeout_s: float = 120.0
    longest_pause_s: float = 300.0
    """A server that asks for more patience (Retry-After) stops the run."""
    prices: Prices | None = None
    most_tokens: int | None = None
    most_money: float | None = None


def ask(server: Server, questions: Mapping[str, Question], answers: Answers) -> None:
    """Have every question answered and each answer kept at once, under its key.

    AnswerError where the server does not answer, refuses the key, or the budget is spent: nothing new is asked then,
    and what was under way is still waited for and kept.
    """
    spent = answers.spent() if server.most_tokens or server.most_money else {}
    budget = Budget(server.most_tokens, server.most_money, server.prices, spent)
    began = time.monotonic()
    asking = _Asking(server, answers, budget)
    _run(asking.all(questions))
    seconds = time.monotonic() - began
    log.info("%d answers of %s in %.1f s", asking.answered, server.base_url, seconds)
    if asking.stopped is not None:
        raise asking.stopped


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end, also where the caller's thread has a loop of its own (a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


class _Trouble(Exception):
    """One try came to nothing; `wait_s` is what the server asks for, `final` that another try is of no use."""

    def __init__(self, says: str, wait_s: float | None = None, final: bool = False) -> None:
        super().__init__(says)
        self.wait_s, self.final = wait_s, final


class _Asking:
    def __init__(self, server: Server, answers: Answers, budget: Budget) -> None:
        self.server, self.answers, self.budget = server, answers, budget
        self.stopped: AnswerError | None = None
        self.answered = 0
        self.format = FORMATS[0]
        self.renamed: dict[str, str] = {}
        self.pause_until = 0.0

    async def all(self, questions: Mapping[str, Question]) -> None:
        import httpx2
        import openai

        server, some = self.server, iter(questions.items())
        limits = httpx2.Limits(
            max_connections=server.concurrency, max_keepalive_connections=server.concurrency
        )
        async with (
            httpx2.AsyncClient(limits=limits, timeout=server.timeout_s, follow_redirects=False) as http,
            openai.AsyncOpenAI(
                base_url=server.base_url, api_key=server.key or "none", max_retries=0, http_client=http
            ) as client,
        ):
            await asyncio.gather(
                *(self._worker(client, some) for _ in range(min(server.concurrency, len(questions))))
            )

    async def _worker(self, client: openai.AsyncOpenAI, some: Iterator[tuple[str, Question]]) -> None:
        for key, question in some:
            if self.stopped is None:
                try:
                    await self._one(client, key, question)
                except AnswerError as error:
                    self.stopped = self.stopped or error

    async def _one(self, client: openai.AsyncOpenAI, key: str, question: Question) -> None:
        for attempt in range(self.server.retries + 1):
            reserved = await self.budget.reserve(question.messages, question.sampling)
            answer = None
            try:
                answer = await self._try(client, question)
            except _Trouble as trouble:
                said = trouble
            finally:
                await self.budget.settle(reserved, answer.usage if answer else {})
            if answer is not None:
                self.answered += 1
                return await asyncio.to_thread(self.answers.keep, key, answer)
            if said.final or attempt == self.server.retries:
                break
            await self._wait(key, attempt, said.wait_s)
            if self.stopped is not None:
                return None
        # If another question is answered now, it is this one that the server cannot bear. What was answered a moment
        # ago proves nothing: the server may have died since, and a fault would be kept for good.
        if await self._answers_at_all(client, question):
            fault = f"the server cannot answer this: {said}"
            return await asyncio.to_thread(self.answers.keep, key, Answer("", {}, fault))
        raise AnswerError(f"{self.server.base_url} does not answer: {said}. {KEPT}")

    async def _wait(self, key: str, attempt: int, wait_s: float | None) -> None:
        """As long as the server asks for, and nobody asks meanwhile; or some time of this question's own."""
        if wait_s is not None:
            if wait_s > self.server.longest_pause_s:
                raise AnswerError(f"{self.server.base_url} asks to wait for {wait_s:.0f} s. {KEPT}")
            self.pause_until = max(self.pause_until, time.monotonic() + wait_s)
            wait_s = 0.0
        else:
            wait_s = pause_s(key, attempt)
        until = time.monotonic() + wait_s
        while self.stopped is None and (left := max(until, self.pause_until) - time.monotonic()) > 0:
            await asyncio.sleep(min(left, 0.5))

    async def _answers_at_all(self, client: openai.AsyncOpenAI, question: Question) -> bool:
        try:
            await self._try(client, Question(question.model, _PROBE, {}, {}))
        except _Trouble:
            return False
        return True

    async def _try(self, client: openai.AsyncOpenAI, question: Question) -> Answer:
        """One request. AnswerError where no other could do better."""
        import httpx2
        import openai

        body = self._body(question)
        try:
            response = await client.post("/chat/completions", cast_to=httpx2.Response, body=body)
            return self._answer(question, response)
        except openai.APIStatusError as error:
            if self._adapt(error, body):
                return await self._try(client, question)
            raise self._refusal(error) from None
        except openai.APIError as error:
            raise _Trouble(self._clean(f"{error} ({error.__cause__ or 'no more is known'})")) from None

    def _body(self, question: Question) -> dict[str, Any]:
        sampling = {self.renamed.get(k, k): v for k, v in question.sampling.items()}
        body = {"model": question.model, "messages": question.messages, **sampling}
        body.pop("", None)
        if self.format == "schema" and question.schema:
            schema = {"name": "answer", "strict": True, "schema": question.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif self.format == "object" and question.schema:
            body["response_format"] = {"type": "json_object"}
        return body

    def _answer(self, question: Question, response: httpx2.Response) -> Answer:
        try:
            said = json.loads(response.content)
            choice = said["choices"][0]
            message = choice["message"]
            text, refusal = message.get("content") or "", message.get("refusal") or ""
            used = said.get("usage") or {}
            usage = self.budget.usage(
                used.get("prompt_tokens"), used.get("completion_tokens"), question.messages, text
            )
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise _Trouble(f"the answer is no chat completion ({type(error).__name__}: {error})") from None
        if refusal:
            return Answer(text, usage, f"the model refuses: {refusal[:200]}")
        if not text.strip():
            return Answer(text, usage, f"the model said nothing (it ended by: {choice.get('finish_reason')})")
        return Answer(text, usage)

    def _adapt(self, error: openai.APIStatusError, body: Mapping[str, Any]) -> bool:
        """Whether the request can be put in a way that this server understands; so it is from now on."""
        if error.status_code not in _FOR_GOOD:
            return False
        said = str(error).lower()
        wanted = body.get("response_format", {}).get("type", "").removeprefix("json_")
        if wanted and any(w in said for w in ("response_format", "json_schema", "json_object")):
            if self.format == wanted:  # else another question has found out meanwhile
                self.format = FORMATS[FORMATS.index(wanted) + 1]
                log.info("%s takes no response_format %s", self.server.base_url, wanted)
            return True
        for name, other in (("max_tokens", "max_completion_tokens"), ("seed", "")):
            if name in body and name in said and ("unsupported" in said or "not support" in said):
                self.renamed[name] = other
                log.info("%s takes no %s", self.server.base_url, name)
                return True
        return False

    def _refusal(self, error: openai.APIStatusError) -> Exception:
        """What an error status means for this question, or for all."""
        status, told = error.status_code, error.body if isinstance(error.body, dict) else {}
        said = self._clean(str(told.get("message") or error.message))[:300]
        if status in _FATAL or told.get("code") == "insufficient_quota":
            means = _FATAL.get(status, _FATAL[402])
            return AnswerError(f"{self.server.base_url} {means}: {said}. {KEPT}")
        if 300 <= status < 400:
            return AnswerError(
                f"{self.server.base_url} points elsewhere ({status}): give that address. {KEPT}"
            )
        return _Trouble(f"{status}: {said}", _retry_after(error.response.headers), final=status in _FOR_GOOD)

    def _clean(self, said: str) -> str:
        """Servers like to repeat a wrong key."""
        return said.replace(self.server.key, "[key]") if self.server.key else said


def pause_s(key: str, attempt: int) -> float:
    """How long a question waits for its next try: twice as long each time, and never all at the same moment."""
    spread = int(key[:4], 16) / 0x10000
    doubled: float = FIRST_WAIT_S * 2**attempt
    return min(LONGEST_WAIT_S, doubled) * (0.75 + spread / 2)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait: as a number, or until a date."""
    if (value := headers.get("retry-after-ms")) is not None:
        value, unit = value, 0.001
    else:
        value, unit = headers.get("retry-after"), 1.0
    if value is None:
        return None
    try:
        return max(0.0, float(value) * unit)
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
