"""Sentence embeddings by a sentence-transformers folder or pinned hub id: weights only, no code of others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from synthgen.device import one_thread
from synthgen.errors import ModelError
from synthgen.models import hub

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 16
LENGTHS = (16, 32, 64, 128, 256, 512)
"""Texts are padded to the next of these many tokens: one shape each, so that a row knows no neighbours."""
MODULES = ("Transformer", "Pooling", "Dense", "Normalize")
POOLINGS = ("mean", "cls", "max")
DENSE = {"torch.nn.modules.activation.Tanh": "tanh", "torch.nn.modules.linear.Identity": "identity"}


class Dense(NamedTuple):
    """A layer after pooling: weights (out, in), bias (out,) or None, and tanh or identity."""

    weight: Any
    bias: Any
    activation: str


class Sentences(NamedTuple):
    """A loaded model: tokens of a text in, one unit vector out."""

    network: Any
    tokenizer: Any
    pooling: str
    dense: tuple[Dense, ...]
    longest: int
    lower_case: bool


def load(model: str, device: str) -> Sentences:
    """The model of a name, folder or hub id. Raises ModelError where it cannot be loaded safely."""
    folder = hub.checked_folder(model, (*hub.WANTED, "*/*.json", "*/*.safetensors"))
    modules = _modules(folder)
    root = folder / modules[0][1]
    opened = hub.opened(str(root), "AutoModel", "encoder", device)
    hub.check_whole(model, frozenset(name for name in opened.missing if "pooler" not in name))
    pooling, dense = "mean", list[Dense]()
    for kind, place in modules[1:]:
        if kind == "Pooling":
            pooling = _pooling(model, hub.read_json(folder / place / "config.json"))
        elif kind == "Dense":
            dense.append(_dense(model, folder / place, device))
    told = _told(root)
    able = int(getattr(opened.network.config, "max_position_embeddings", 0) or LENGTHS[-1])
    asked = told.get("max_seq_length") or told.get("model_max_length") or able
    longest = int(min(asked, able, LENGTHS[-1]))
    lower = bool(told.get("do_lower_case", False) and "max_seq_length" in told)
    return Sentences(opened.network, _tokenizer(model, root, longest), pooling, tuple(dense), longest, lower)


def embed(model: Sentences, texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors (n, d), from padded batches of texts of about one length."""
    import numpy as np

    one_thread()
    rows: dict[int, list[int]] = {}
    known = [
        encoding.ids for encoding in model.tokenizer.encode_batch_fast([_readable(model, t) for t in texts])
    ]
    for i, ids in enumerate(known):
        rows.setdefault(next(n for n in LENGTHS if len(ids) <= n), []).append(i)
    out: NDArray[np.float32] | None = None
    for length, mine in sorted(rows.items()):
        for start in range(0, len(mine), BATCH):
            some = mine[start : start + BATCH]
            vectors = run_batch(model, [known[i] for i in some], length)
            out = np.zeros((len(texts), vectors.shape[1]), np.float32) if out is None else out
            out[some] = vectors
    return np.zeros((0, 1), np.float32) if out is None else out


def _readable(model: Sentences, text: str) -> str:
    clean = text.encode("utf-8", "replace").decode()
    return clean.lower() if model.lower_case else clean


def run_batch(model: Sentences, ids: Sequence[Sequence[int]], length: int) -> NDArray[np.float32]:
    import numpy as np
    import torch

    tokens, mask = np.zeros((2, BATCH, length), np.int64)
    mask[:, 0] = 1
    for i, row in enumerate(ids):
        tokens[i, : len(row)] = row
        mask[i, : max(1, len(row))] = 1
    device = next(model.network.parameters()).device
    with torch.inference_mode():
        known = torch.from_numpy(mask).to(device)
        hidden = model.network(
            input_ids=torch.from_numpy(tokens).to(device), attention_mask=known
        ).last_hidden_state.float()
        if model.pooling == "cls":
            vectors = hidden[:, 0]
        elif model.pooling == "max":
            vectors = hidden.masked_fill(known[..., None] == 0, -1e9).amax(1)
        else:
            vectors = (hidden * known[..., None]).sum(1) / known.sum(1, keepdim=True)
        for layer in model.dense:
            vectors = torch.nn.functional.linear(vectors, layer.weight, layer.bias)
            vectors = vectors.tanh() if layer.activation == "tanh" else vectors
        vectors = torch.nn.functional.normalize(vectors, dim=1)
    return np.asarray(vectors.cpu().numpy()[: len(ids)], np.float32)


def _told(root: Path) -> dict[str, Any]:
    """What the tokenizer's and the library's own settings say."""
    names = ("tokenizer_config.json", "sentence_bert_config.json")
    return {k: v for name in names if (root / name).exists() for k, v in hub.read_json(root / name).items()}


def _modules(folder: Path) -> list[tuple[str, str]]:
    """Kinds and folders of a model's parts in order; a bare transformers folder is one part, pooled by the mean."""
    if not (folder / "modules.json").exists():
        return [("Transformer", "")]
    listed = hub.read_list(folder / "modules.json")
    parts = [(str(part.get("type", "")).rpartition(".")[2], str(part.get("path", ""))) for part in listed]
    for kind, place in parts:
        if kind not in MODULES or Path(place).is_absolute() or ".." in Path(place).parts:
            raise ModelError(
                f"{folder} has a part {kind!r} at {place!r}, which is not run. Pick a model of {', '.join(MODULES)}."
            )
    if not parts or parts[0][0] != "Transformer":
        raise ModelError(f"{folder} does not begin with a Transformer. Pick a model of {', '.join(MODULES)}.")
    return parts


def _pooling(model: str, said: dict[str, Any]) -> str:
    modes = [m for m in POOLINGS if said.get(f"pooling_mode_{m}_token{'s' * (m != 'cls')}")]
    modes = modes or [str(said.get("pooling_mode", ""))]
    if len(modes) != 1 or modes[0] not in POOLINGS:
        raise ModelError(
            f"{model} pools by {modes or said}. Pick a model that pools by {', '.join(POOLINGS)}."
        )
    return modes[0]


def _dense(model: str, folder: Path, device: str) -> Dense:
    from safetensors.torch import load_file

    said = hub.read_json(folder / "config.json")
    activation = DENSE.get(str(said.get("activation_function", "torch.nn.modules.activation.Tanh")))
    if activation is None or not (folder / "model.safetensors").exists():
        raise ModelError(
            f"{model} has a layer at {folder.name} that cannot be loaded safely: it needs safetensors and one of "
            f"{', '.join(DENSE.values())}."
        )
    held = load_file(folder / "model.safetensors", device=device)
    return Dense(held["linear.weight"].float(), held.get("linear.bias"), activation)


def _tokenizer(model: str, folder: Path, longest: int) -> Any:
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # tokenizers raises Exception itself
        raise ModelError(
            f"{model} has no tokenizer.json that can be read ({error}). Save it with a fast tokenizer."
        ) from error
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return tokenizer
