"""Text classifiers of the transformers library, and sentence models told what classes mean: weights only, no code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from synthgen.device import one_thread
from synthgen.errors import ModelError
from synthgen.models import hub, sentences
from synthgen.models.named_classes import columns
from synthgen.models.text_classifier import softmax

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from synthgen.models.sentences import Sentences

LANES = 16
LENGTHS = (32, 64, 128, 256, 512)
"""Texts are padded to the next of these many tokens, longer ones cut: one shape each, so that a row knows no
neighbours."""
SHARPNESS = 20.0
"""Cosines of sentence models differ by little: times this they are logits, as sentence-transformers trains them."""


class Model(NamedTuple):
    """The network, its tokenizer, its columns in the order of the classes, and the most tokens it reads."""

    network: Any
    tokenizer: Any
    columns: list[int]
    longest: int


class Described(NamedTuple):
    """A sentence model, and what it sees in the description of each class: unit vectors (classes, d)."""

    model: Sentences
    classes: NDArray[np.float32]


def load(model: str, names: Sequence[str], device: str) -> Model:
    """A classifier that knows all of `names`. Raises ModelError where it doesn't, or cannot be loaded safely."""
    import transformers

    network, missing = hub.opened(model, "AutoModelForSequenceClassification", "text classifier", device)
    hub.check_whole(model, missing)
    folder = hub.checked_folder(model)
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            folder, use_fast=True, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, ImportError, AttributeError) as error:
        raise ModelError(
            f"the tokenizer in {model} cannot be loaded: {error}. Give a folder as save_pretrained writes it."
        ) from error
    longest = min(int(getattr(network.config, "max_position_embeddings", 0) or LENGTHS[-1]), LENGTHS[-1])
    return Model(network, tokenizer, columns(model, network.config.id2label, names), longest)


def predict(model: Model, texts: Sequence[str]) -> NDArray[np.float32]:
    """Probabilities (n, classes) over the wanted classes, from padded batches of texts of about one length."""
    import numpy as np
    import torch

    one_thread()
    out = np.zeros((len(texts), len(model.columns)), np.float32)
    known = _ids(model, texts)
    sizes = [n for n in LENGTHS if n < model.longest] + [model.longest]
    device = next(model.network.parameters()).device
    for size in sizes:
        mine = [i for i, ids in enumerate(known) if next(n for n in sizes if len(ids) <= n) == size]
        for start in range(0, len(mine), LANES):
            some = mine[start : start + LANES]
            ids = torch.full((LANES, size), model.tokenizer.pad_token_id or 0)
            mask = torch.zeros((LANES, size), dtype=torch.long)
            mask[:, 0] = 1
            for lane, i in enumerate(some):
                ids[lane, : len(known[i])] = torch.tensor(known[i])
                mask[lane, : max(1, len(known[i]))] = 1
            with torch.inference_mode():
                logits = model.network(input_ids=ids.to(device), attention_mask=mask.to(device)).logits
            out[some] = softmax(logits[: len(some), model.columns].float().cpu().numpy())
    return out


def _ids(model: Model, texts: Sequence[str]) -> list[list[int]]:
    if not texts:
        return []
    readable = [text.encode("utf-8", "replace").decode() for text in texts]
    said = model.tokenizer(readable, truncation=True, max_length=model.longest, verbose=False)
    ids: list[list[int]] = said["input_ids"]
    return ids


def described(model: str, descriptions: Sequence[str], device: str) -> Described:
    """A sentence model told what each class is about."""
    opened = sentences.load(model, device)
    return Described(opened, sentences.embed(opened, descriptions))


def likened(model: Described, texts: Sequence[str]) -> NDArray[np.float32]:
    """Probabilities (n, classes) by how near each text is to the description of each class."""
    return softmax(SHARPNESS * (sentences.embed(model.model, texts) @ model.classes.T))
