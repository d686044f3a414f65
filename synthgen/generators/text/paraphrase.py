"""Say a text in other words, by a language model: of a server, or run here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    field_validator,
    model_validator,
)

from synthgen import keys
from synthgen.contract import Effect, LabelContract
from synthgen.errors import RecipeError
from synthgen.generator import GIVEN, Generator, Progress, ShareInterval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work
from synthgen.seeds import canonical, hash_of

if TYPE_CHECKING:
    import numpy as np

    from synthgen.answers import Answers
    from synthgen.models.paraphrase_prompt import Style, Wish
    from synthgen.prompt import Prompt


class Paraphrase(Generator):
    """The text in other words, made by a language model that is told the class, and checked for what it must keep.

    Payload: str. Label: kept; an answer that refuses, echoes, repeats the prompt, goes further than the contract lets
    it, or says other numbers, names or negations than its source fails with that reason.
    A server's answers are kept by the hash of the request and shared by the samples that ask the same. What one cannot
    know beforehand, how far a paraphrase goes, is measured afterwards against what the job tolerates.
    Source: Dai et al. 2023 (AugGPT), section 3.2; fences after Hines et al. 2024 (spotlighting), section 3.1.
    """

    modality: ClassVar[str] = "text"
    repeatable: ClassVar[bool] = False
    execution: ClassVar[frozenset[str]] = frozenset(
        {"base_url", "key", "concurrency", "retries", "timeout_s", "budget_tokens", "budget_money", "prices"}
        | {"batch_size"}
    )

    backend: Literal["server", "local"] = "server"
    model: str = ""
    """A name that the server knows; with `local` a folder, or a hub id as owner/name@commit, of a sequence-to-sequence
    or a chat model."""
    styles: Annotated[tuple[str, ...], Field(min_length=1)] = (
        "formal", "casual", "short", "long", "register", "reader",
    )  # fmt: skip
    """Prompts in prompts/text/, or files of your own that end in .toml; texts take turns in them."""
    meaning: dict[str, str] = Field(default_factory=dict)
    """What a class means, in a few words, where its name does not say it."""
    examples: NonNegativeInt = 3
    """Texts of the class that a server's model is shown."""
    per_call: Annotated[int, Field(ge=1, le=50)] = 4
    """Paraphrases asked of a server at a time, for as many samples."""
    temperature: NonNegativeFloat | None = 0.9
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    max_tokens: PositiveInt = 1024
    reword_range: ShareInterval = (0.1, 1.0)
    """Share of the words that are new: with fewer it is an echo."""
    keeps_claims: bool = True
    """Whether numbers, names and negations are checked; the check for feelings knows English alone."""
    prefix: str = "paraphrase: "
    """What a local sequence-to-sequence model wants before a text; it hears of the style where this holds {style}."""

    base_url: str = "https://api.openai.com/v1"
    key: str = "OPENAI_API_KEY"
    """Name of the environment variable that holds the server's key, or prefect:BLOCK, or "" where none is asked for."""
    concurrency: Annotated[int, Field(ge=1, le=1024)] = 64
    retries: Annotated[int, Field(ge=0, le=20)] = 6
    timeout_s: PositiveFloat = 120.0
    budget_tokens: PositiveInt | None = None
    budget_money: PositiveFloat | None = None
    """What all answers kept with the dataset may take together; at its end the run stops and keeps them."""
    prices: tuple[NonNegativeFloat, NonNegativeFloat] | None = None
    """Money for a million tokens: of the request, of the answer."""
    batch_size: PositiveInt = 64
    """How many are given to a local model at once; its network's batches have one shape whatever it is."""

    @field_validator("key")
    @classmethod
    def _is_no_key(cls, value: str) -> str:
        return keys.check_name(value)

    @field_validator("base_url")
    @classmethod
    def _holds_no_secret(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.username or parts.password or parts.query:
            raise RecipeError(
                "base_url holds a user, password or query: leave them out, and name the key in `key`."
            )
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("write it as http://localhost:8000/v1")
        return value

    @model_validator(mode="after")
    def _knows_prices(self) -> Paraphrase:
        if self.budget_money is not None and self.prices is None:
            raise ValueError("budget_money needs prices = [request, answer], in money for a million tokens")
        return self

    def identity(self) -> dict[str, Any]:
        said = super().identity()
        theirs = {"prefix"} if self.backend == "server" else {"examples", "per_call"}
        if self.backend == "local" and Path(self.model).expanduser().is_dir():
            said["model"] = GIVEN
        return {k: v for k, v in said.items() if k not in theirs}

    def effects(self) -> tuple[Effect, ...]:
        styles = [self._style(name) for name in self.styles]
        shortest, longest = (pick(s.length_range[i] for s in styles) for i, pick in enumerate((min, max)))
        registers = [float(style.changes_register) for style in styles]
        always_drops = max(0.0, 1 - max(s.length_range[1] for s in styles))
        always_inserts = max(0.0, min(s.length_range[0] for s in styles) - 1)
        return (
            Effect("reword", *self.reword_range),
            Effect("reorder", 0.0, 1.0),
            Effect(
                "insert_words", always_inserts, max(0.0, longest - 1), free=(0.0, 1.5), unit="of its words"
            ),
            Effect("drop_words", always_drops, max(0.0, 1 - shortest), free=(0.0, 0.6), unit="of its words"),
            Effect("change_register", min(registers), max(registers), switch=True),
        )

    def applied(self, draw: Draw) -> dict[str, float]:
        return {name: high for name, (_, high) in draw["limits"].items()}

    def prompts(self, labels: Iterable[str]) -> dict[str, Prompt]:
        from synthgen.models import paraphrase_prompt

        if not self.model:
            raise RecipeError(
                "text/paraphrase needs a model: write the name by which the server knows it, or "
                'backend = "local" and the folder or hub id of a model.'
            )
        return {"": paraphrase_prompt.task(), **{name: self._style(name) for name in self.styles}}

    def learns(self) -> dict[str, Any] | None:
        return {"examples": self.examples} if self.backend == "server" and self.examples else None

    def fit(
        self, train: Sequence[Sample], contract: LabelContract, folder: Path, seed: int, progress: Progress
    ) -> None:
        from synthgen.models import paraphrase_prompt

        shown = paraphrase_prompt.examples(train, self.examples + 1, seed)  # a text is no example for itself
        (folder / "examples.json").write_bytes(canonical(shown))

    def given_model(self) -> Path | None:
        if self.backend == "server" or not self.model:
            return None
        from synthgen.models import text_generation

        folder: Path = text_generation.fetched(self.model)
        return folder

    def compute(self, device: str) -> dict[str, Any] | None:
        if self.backend == "server":
            return None
        from synthgen.models import text_generation

        return {"device": device, "network_batch": text_generation.LANES, "max_tokens": self.max_tokens}

    def load(self, folder: Path | None, device: str) -> Any:
        if self.backend == "server":
            return json.loads((folder / "examples.json").read_bytes()) if folder else {}
        from synthgen.models import text_generation

        return text_generation.opened(folder, device, self.max_tokens)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        call, place = divmod(job.turn, self.per_call) if self.backend == "server" else (job.turn, 0)
        start = int(hash_of(job.parents)[:8], 16)
        able = [name for name in self.styles if self._style(name).fits(job.bounds)] or list(self.styles)
        name = able[(start + call) % len(able)]
        style = self._style(name)
        limits = {e.name: (e.low, e.high) for e in self.effects()} | job.bounds
        limits["change_register"] = (float(style.changes_register),) * 2
        seed = int(hash_of(job.seed, job.parents, call)[:12], 16) >> 17
        return {
            "style": name,
            "call": call,
            "place": place,
            "limits": {k: list(v) for k, v in limits.items()},
            "seed": seed if self.backend == "server" else int(rng.integers(2**53)),
        }

    def asks(self, work: Work, model: Any) -> dict[str, Any] | None:
        if self.backend == "local":
            return None
        from synthgen.models import paraphrase_prompt

        wish, text = self._wish(work, model), work.parents[0].payload
        sampling = {"temperature": self.temperature, "top_p": self.top_p, "max_tokens": self.max_tokens}
        return {
            "model": self.model,
            "messages": paraphrase_prompt.messages(wish, text),
            "sampling": {k: v for k, v in sampling.items() if v is not None} | {"seed": work.draw["seed"]},
            "schema": paraphrase_prompt.SCHEMA,
        }

    def ask(self, questions: Mapping[str, Any], answers: Answers) -> None:
        from synthgen.models import llm_client
        from synthgen.models.llm_budget import Prices

        server = llm_client.Server(
            self.base_url, keys.key(self.key), self.concurrency, self.retries, self.timeout_s,
            prices=Prices(*self.prices) if self.prices else None,
            most_tokens=self.budget_tokens, most_money=self.budget_money,
        )  # fmt: skip
        llm_client.ask(server, {k: llm_client.Question(**q) for k, q in questions.items()}, answers)

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        if self.backend == "server":
            said: list[str | None] = [work.answer.text if work.answer else "" for work in batch]
        else:
            said = self._said_here(batch, model)
        return [self._read(work, text, model) for work, text in zip(batch, said, strict=True)]

    def _read(self, work: Work, said: str | None, model: Any) -> Made | Failed:
        from synthgen.models.paraphrase_answers import parsed

        if said is None:
            return Failed("the text is too long for the model")
        # a sequence-to-sequence model says the text and nothing else
        found, place = (
            ([said] if getattr(model, "chats", True) is False else parsed(said)),
            work.draw["place"],
        )
        if place >= len(found):
            return Failed(f"the model gave {len(found)} paraphrases, of at least {place + 1} asked for")
        return self._judged(work, found[place], model)

    def _judged(self, work: Work, text: str, model: Any) -> Made | Failed:
        from synthgen.models import paraphrase_prompt
        from synthgen.models.paraphrase_answers import broken_claim, fault, too_far

        source, draw = work.parents[0].payload, work.draw
        wish = self._wish(work, model)
        told = paraphrase_prompt.instruction(wish._replace(examples=("",)))
        wrong = (
            fault(source, text, told, wish.examples)
            or too_far(source, text, draw["limits"], wish.style.length_range)
            or (broken_claim(source, text) if self.keeps_claims else None)
        )
        return Failed(wrong) if wrong else Made(text)

    def _said_here(self, batch: Sequence[Work], model: Any) -> list[str | None]:
        from synthgen.models import paraphrase_prompt
        from synthgen.models.text_generation import Task

        tasks = []
        for work in batch:
            text = work.parents[0].payload
            asked: Any = self.prefix.replace("{style}", work.draw["style"]) + text
            if model.chats:
                asked = paraphrase_prompt.messages(self._wish(work, model), text)
            tasks.append(Task(asked, work.draw["seed"], self.temperature or 0.0, self.top_p or 1.0))
        said: list[str | None] = []
        for start in range(0, len(tasks), self.batch_size):
            said += model(tasks[start : start + self.batch_size])
        return said

    def _wish(self, work: Work, model: Any) -> Wish:
        from synthgen.models.paraphrase_prompt import Wish

        label, source = work.job.label, work.parents[0].payload
        served = self.backend == "server"
        known = model.get(label, ()) if served and model else ()
        shown = [text for text in known if text != source][: self.examples]
        count = self.per_call if served else 1
        most = work.draw["limits"]["reword"][1]
        style = self._style(work.draw["style"])
        return Wish(label, self.meaning.get(label, ""), style, count, most, tuple(shown))

    def _style(self, name: str) -> Style:
        from synthgen.models import paraphrase_prompt

        return paraphrase_prompt.style(name)


PLUGIN = Paraphrase
