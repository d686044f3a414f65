"""A CLIP tokenizer for a few prompts, trained on them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from synthgen.errors import ModelError

MOST_TOKENS = 77  # as in Stable Diffusion


def train_tokenizer(captions: Sequence[str]) -> Any:
    """A `CLIPTokenizer` that tells all captions apart; bytes it never saw are spelt out."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
    from transformers import CLIPTokenizer

    model = Tokenizer(models.BPE(end_of_word_suffix="</w>", unk_token="<|endoftext|>"))
    model.normalizer = normalizers.Lowercase()
    model.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Whitespace(), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    trainer = trainers.BpeTrainer(
        vocab_size=8192, initial_alphabet=letters, end_of_word_suffix="</w>", show_progress=False
    )
    model.train_from_iterator(list(captions) * 4, trainer)  # pairs seen once are not merged
    learned = json.loads(model.to_str())["model"]
    ends = ("<|startoftext|>", "<|endoftext|>")
    names = dict.fromkeys([*letters, *(letter + "</w>" for letter in letters), *learned["vocab"], *ends])
    merges = [tuple(m.split(" ")) if isinstance(m, str) else tuple(m) for m in learned["merges"]]
    tokenizer = CLIPTokenizer(vocab={name: i for i, name in enumerate(names)}, merges=merges)
    longest = max(len(tokenizer(caption).input_ids) for caption in captions)
    tokenizer.model_max_length = min(MOST_TOKENS, max(16, longest))
    _check_distinct(tokenizer, captions)
    return tokenizer


def _check_distinct(tokenizer: Any, captions: Sequence[str]) -> None:
    seen: dict[tuple[int, ...], str] = {}
    for caption in captions:
        had = seen.setdefault(tuple(tokenizer(caption, truncation=True).input_ids), caption)
        if had != caption:
            raise ModelError(
                f"the prompts {had[:80]!r} and {caption[:80]!r} read the same to a text encoder. "
                f"Give the classes other words in the prompt's [names]."
            )
