"""What a masked language model puts in the place of a word, by a transformers folder or pinned hub id."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from synthgen.device import one_thread
from synthgen.errors import ModelError
from synthgen.models import hub

LANES = 16
LENGTHS = (32, 64, 128)
"""A text is padded to the next of these many tokens, a longer one cut around the word: one shape each, so that a row
knows no neighbours."""
WANTED = [*hub.WANTED, "vocab*"]


class Gap(NamedTuple):
    """A word to be replaced: `text[start:end]`."""

    text: str
    start: int
    end: int


class Option(NamedTuple):
    """A word that the model would write there, and how probable it finds it."""

    word: str
    probability: float


class MaskedWords(NamedTuple):
    """A loaded model; `words` holds the word that each token is by itself, or None."""

    network: Any
    tokenizer: Any
    words: tuple[str | None, ...]
    device: str


def fetch(model: str) -> Path:
    """The folder of a model, fetched where it is a hub id; ModelError unless it holds safetensors and no code."""
    return hub.checked_folder(model, WANTED)


def load(folder: Path, device: str) -> MaskedWords:
    """The model in a folder. Raises ModelError where it is no masked language model with a fast tokenizer."""
    network, missing = hub.opened(str(folder), "AutoModelForMaskedLM", "masked language model", device)
    # The pooler is left out by models that were trained for masks alone.
    hub.check_whole(str(folder), frozenset(name for name in missing if "pooler" not in name))
    import transformers

    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            folder, use_fast=True, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, ImportError, AttributeError) as error:
        raise ModelError(
            f"the tokenizer in {folder} cannot be loaded: {error}. Give a folder as save_pretrained writes it."
        ) from error
    if not tokenizer.is_fast or tokenizer.mask_token_id is None:
        raise ModelError(
            f"the tokenizer in {folder} is not fast or knows no mask: pick a masked language model, such as BERT."
        )
    if (most := getattr(network.config, "max_position_embeddings", LENGTHS[-1])) < LENGTHS[-1]:
        raise ModelError(
            f"the model in {folder} reads {most} tokens, but {LENGTHS[-1]} are needed: pick a longer one."
        )
    return MaskedWords(network, tokenizer, _words(tokenizer, network.config.vocab_size), device)


def _words(tokenizer: Any, size: int) -> tuple[str | None, ...]:
    tokens = tokenizer.convert_ids_to_tokens(range(min(size, len(tokenizer))))
    special = set(tokenizer.all_special_tokens)
    marks = sum(token[:1] in "Ġ▁" for token in tokens if token) > len(tokens) / 20
    words: list[str | None] = []
    for token in tokens:
        begins = token[:1] in ("Ġ", "▁") if marks else not token.startswith("##")
        word = token[1:] if marks else token
        is_word = begins and token not in special and word.isalpha() and (len(word) > 1 or word in "aAI")
        words.append(word if is_word else None)
    return (*words, *(None,) * (size - len(tokens)))


def options(model: MaskedWords, gaps: Sequence[Gap], most: int) -> list[list[Option]]:
    """For each gap up to `most` words, the most probable first, without a look at the other gaps."""
    import torch

    one_thread()
    rows = {i: seen_row for i, gap in enumerate(gaps) if (seen_row := _row(model, gap)) is not None}
    found: list[list[Option]] = [[] for _ in gaps]
    for length in LENGTHS:
        mine = [i for i, (known_ids, _) in rows.items() if _length(len(known_ids)) == length]
        for at in range(0, len(mine), LANES):
            some = mine[at : at + LANES]
            ids = torch.full((LANES, length), model.tokenizer.pad_token_id or 0)
            seen = torch.zeros((LANES, length), dtype=torch.long)
            seen[:, 0] = 1
            places = torch.zeros(LANES, dtype=torch.long)
            for lane, i in enumerate(some):
                row, places[lane] = rows[i]
                ids[lane, : len(row)] = torch.tensor(row)
                seen[lane, : len(row)] = 1
            with torch.inference_mode():
                logits = model.network(
                    input_ids=ids.to(model.device), attention_mask=seen.to(model.device)
                ).logits
                one = logits[torch.arange(LANES), places.to(logits.device)].float().softmax(-1)
                top = one.topk(min(4 * most, one.shape[-1]), dim=-1)
            for lane, i in enumerate(some):
                pairs = zip(top.indices[lane].tolist(), top.values[lane].tolist(), strict=True)
                known = [Option(word, p) for token, p in pairs if (word := model.words[token]) is not None]
                found[i] = known[:most]
    return found


def _row(model: MaskedWords, gap: Gap) -> tuple[list[int], int] | None:
    """Token ids with one mask in the place of the word, and where it is; None where the tokenizer sees no word."""
    ids, offsets = _encoded(model.tokenizer, gap.text)
    inside = [i for i, (a, b) in enumerate(offsets) if a < gap.end and gap.start < b]
    if not inside:
        return None
    room = LENGTHS[-1] - 3
    before, after = ids[: inside[0]], ids[inside[-1] + 1 :]
    left = before[max(0, len(before) - max(room // 2, room - len(after))) :]
    right = after[: room - len(left)]
    row = [*left, model.tokenizer.mask_token_id, *right]
    start = [
        t for t in (_first(model.tokenizer.cls_token_id, model.tokenizer.bos_token_id),) if t is not None
    ]
    end = [t for t in (_first(model.tokenizer.sep_token_id, model.tokenizer.eos_token_id),) if t is not None]
    return [*start, *row, *end], len(start) + len(left)


@lru_cache(maxsize=256)
def _encoded(tokenizer: Any, text: str) -> tuple[list[int], list[tuple[int, int]]]:
    said = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)
    return said["input_ids"], said["offset_mapping"]


def _first(*tokens: int | None) -> int | None:
    return next((token for token in tokens if token is not None), None)


def _length(n: int) -> int:
    return next(length for length in LENGTHS if n <= length)
