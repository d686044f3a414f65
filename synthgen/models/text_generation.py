"""Language models run here, by a transformers folder or pinned hub id: sequence-to-sequence, or chat by template."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from synthgen.device import one_thread
from synthgen.errors import ModelError
from synthgen.models import hub
from synthgen.seeds import torch_rng

LANES = 8
LENGTHS = (32, 64, 128, 256, 512, 1024, 2048)
"""A request is padded to the next of these many tokens: one shape each, so that a row knows no neighbours."""
LEAST_ROOM = 8
"""Tokens that must be left for an answer."""
WANTED = (*hub.WANTED, "chat_template*", "vocab*", "spiece.model", "tokenizer.model")


class Task(NamedTuple):
    """What is asked: words for a sequence-to-sequence model, messages for a chat model; the same twice, one answer."""

    asked: str | list[dict[str, str]]
    seed: int
    temperature: float
    top_p: float


class _Row(NamedTuple):
    ids: list[int]
    most_new: int
    task: Task


class Writer:
    """Answers tasks; None for one that is too long. What a task gets hangs on it alone, whatever else is asked."""

    def __init__(self, network: Any, tokenizer: Any, *, chats: bool, max_tokens: int, device: str) -> None:
        self.network, self.tokenizer, self.chats = network, tokenizer, chats
        self._most, self._device = max_tokens, device
        config, said = network.config, network.generation_config.eos_token_id
        ends = said if isinstance(said, list) else [said, tokenizer.eos_token_id]
        self._ends = {end for end in ends if end is not None}
        able = [getattr(config, name, None) for name in ("max_position_embeddings", "n_positions")]
        # T5 has no last place: its n_positions says for what length it was trained
        relative = hasattr(config, "relative_attention_num_buckets")
        self._able = LENGTHS[-1] if relative else min([n for n in able if n] or [LENGTHS[-1]])
        self._takes_places = "position_ids" in inspect.signature(network.forward).parameters

    def __call__(self, tasks: Sequence[Task]) -> list[str | None]:
        one_thread()
        said: list[str | None] = [None] * len(tasks)
        rows = [self._row(task) for task in tasks]
        for length in LENGTHS:
            mine = [i for i, row in enumerate(rows) if row is not None and _length(len(row.ids)) == length]
            for at in range(0, len(mine), LANES):
                some = mine[at : at + LANES]
                for i, text in zip(some, self._batch([rows[i] for i in some], length), strict=True):  # type: ignore[misc]
                    said[i] = text
        return said

    def _row(self, task: Task) -> _Row | None:
        text = self._templated(task.asked) if isinstance(task.asked, list) else task.asked
        ids = self.tokenizer(text, add_special_tokens=not self.chats)["input_ids"]
        length = _length(len(ids))
        if length is None or length > self._able:
            return None
        room = self._able - length if self.chats else self._able
        if room < LEAST_ROOM:
            return None
        return _Row(ids, min(self._most, room), task)

    def _templated(self, messages: list[dict[str, str]]) -> str:
        """The messages as the model was taught; a template without a system role gets it before the user's words."""
        from jinja2 import TemplateError

        clean = [{**m, "content": self._without_marks(m["content"])} for m in messages]
        merged = [{"role": "user", "content": "\n\n".join(m["content"] for m in clean)}]
        for tried in (clean, merged):
            try:
                return str(
                    self.tokenizer.apply_chat_template(tried, tokenize=False, add_generation_prompt=True)
                )
            except TemplateError as error:
                wrong = error
        raise ModelError(f"the model's chat template takes no user message: {wrong}.")

    def _without_marks(self, text: str) -> str:
        """Tokens that would end a turn or begin another are broken up: a text may hold them."""
        for mark in {*self.tokenizer.all_special_tokens, *self.tokenizer.get_added_vocab()}:
            if len(mark) > 1:
                text = text.replace(mark, f"{mark[0]} {mark[1:]}")
        return text

    def _batch(self, rows: Sequence[_Row], length: int) -> list[str]:
        """Up to LANES rows; lanes left over repeat the first row."""
        lanes = [*rows, *[rows[0]] * (LANES - len(rows))]
        pad = self.tokenizer.pad_token_id or 0
        ids = torch.full((LANES, length), pad, device=self._device)
        seen = torch.zeros((LANES, length), dtype=torch.long, device=self._device)
        for lane, row in enumerate(lanes):
            # a chat goes on at its end, so that its padding comes first
            place = slice(length - len(row.ids), None) if self.chats else slice(len(row.ids))
            ids[lane, place] = torch.tensor(row.ids, device=self._device)
            seen[lane, place] = 1
        with torch.inference_mode():
            new = self._written(rows, _Chat(self, ids, seen) if self.chats else _Pair(self, ids, seen))
        return [self.tokenizer.decode(some, skip_special_tokens=True).strip() for some in new]

    def _written(self, rows: Sequence[_Row], step: _Chat | _Pair) -> list[list[int]]:
        """The new tokens of each row, drawn one after the other."""
        chances = [torch_rng("text", row.task.seed) for row in rows]
        new: list[list[int]] = [[] for _ in rows]
        going = set(range(len(rows)))
        while going:
            logits = step()
            chosen = [self.tokenizer.pad_token_id or 0] * LANES
            for lane in sorted(going):
                chosen[lane] = _drawn(logits[lane], rows[lane].task, chances[lane])
                if chosen[lane] in self._ends:
                    going.discard(lane)
                    continue
                new[lane].append(chosen[lane])
                if len(new[lane]) >= rows[lane].most_new:
                    going.discard(lane)
            step.add(torch.tensor(chosen, device=self._device)[:, None])
        return new


class _Chat:
    """One token more of each lane, by a model that goes on with what it is given."""

    def __init__(self, writer: Writer, ids: torch.Tensor, seen: torch.Tensor) -> None:
        self._network, self._places = writer.network, writer._takes_places
        self._ids, self._seen, self._past = ids, seen, None

    def __call__(self) -> torch.Tensor:
        places = (self._seen.cumsum(1) - 1).clamp(min=0)[:, -self._ids.shape[1] :]
        more = {"position_ids": places} if self._places else {}
        out = self._network(
            input_ids=self._ids, attention_mask=self._seen, past_key_values=self._past, use_cache=True, **more
        )
        self._past = out.past_key_values
        logits: torch.Tensor = out.logits[:, -1].double().cpu()
        return logits

    def add(self, chosen: torch.Tensor) -> None:
        self._ids = chosen
        self._seen = torch.cat([self._seen, torch.ones_like(chosen)], 1)


class _Pair:
    """One token more of each lane, by a model that reads one text and writes another."""

    def __init__(self, writer: Writer, ids: torch.Tensor, seen: torch.Tensor) -> None:
        self._network, self._seen, self._past = writer.network, seen, None
        self._read = writer.network.get_encoder()(input_ids=ids, attention_mask=seen)
        start = writer.network.config.decoder_start_token_id
        self._ids = torch.full((LANES, 1), start if start is not None else 0, device=ids.device)

    def __call__(self) -> torch.Tensor:
        out = self._network(
            encoder_outputs=self._read, attention_mask=self._seen, decoder_input_ids=self._ids,
            past_key_values=self._past, use_cache=True,
        )  # fmt: skip
        self._past = out.past_key_values
        logits: torch.Tensor = out.logits[:, -1].double().cpu()
        return logits

    def add(self, chosen: torch.Tensor) -> None:
        self._ids = chosen


def _drawn(logits: torch.Tensor, task: Task, chance: torch.Generator) -> int:
    """A token: the most probable ones up to `top_p` together, drawn by their probability."""
    if task.temperature == 0:
        return int(logits.argmax())
    probability, order = (logits / task.temperature).softmax(-1).sort(descending=True, stable=True)
    summed = probability.cumsum(-1)
    kept = int((summed < task.top_p).sum()) + 1
    limit = summed[min(kept, len(summed)) - 1]
    at = torch.rand(1, generator=chance, dtype=torch.float64)[0] * limit
    return int(order[min(int(torch.searchsorted(summed, at, right=True)), len(order) - 1)])


def _length(n: int) -> int | None:
    return next((length for length in LENGTHS if n <= length), None)


def fetched(model: str) -> Path:
    """The folder of a model, fetched where it is a hub id; ModelError unless it holds safetensors and no code."""
    return hub.checked_folder(model, WANTED)


def opened(folder: Path | None, device: str, max_tokens: int) -> Writer:
    """The model in a folder. ModelError where it neither turns one text into another nor chats."""
    if folder is None:
        raise ModelError("text/paraphrase was given no model folder to load.")
    pair = bool(hub.read_json(folder / "config.json").get("is_encoder_decoder"))
    kind = "AutoModelForSeq2SeqLM" if pair else "AutoModelForCausalLM"
    network, missing = hub.opened(str(folder), kind, "language model", device)
    hub.check_whole(str(folder), missing)
    import transformers

    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, ImportError, AttributeError) as error:
        raise ModelError(
            f"the tokenizer in {folder} cannot be loaded: {error}. Give a folder as save_pretrained writes it."
        ) from error
    if not pair and not tokenizer.chat_template:
        raise ModelError(
            f"{folder} holds a language model without a chat template, which cannot be asked to paraphrase. Pick one "
            f"that was taught to follow instructions, or a sequence-to-sequence model."
        )
    return Writer(network, tokenizer, chats=not pair, max_tokens=max_tokens, device=device)
