"""Zero-shot CLIP of the transformers library, by folder or hub id: classes are told by their descriptions alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from synthgen.device import one_thread
from synthgen.errors import ModelError
from synthgen.models import hub
from synthgen.models.image_look import Look, in_batches, look_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Model(NamedTuple):
    """The network, the unit vectors (classes, d) of the descriptions, and what its pictures must look like."""

    network: Any
    described: Any
    look: Look


def load(model: str, prompts: Sequence[str], device: str) -> Model:
    """A classifier whose classes are these descriptions. Raises ModelError where a folder holds no CLIP.

    Source: Radford et al. 2021 (CLIP), section 3.1.
    """
    folder = hub.checked_folder(model)
    kind = hub.read_json(folder / "config.json").get("model_type")
    if kind != "clip":
        raise ModelError(
            f"{model} is a model of the type {kind!r}, not a CLIP model with both halves. Save a CLIPModel by "
            f"save_pretrained; of any other image network, train a head (`backbone`)."
        )
    ids = _tokens(model, folder, prompts)
    network, missing = hub.opened(model, "CLIPModel", "CLIP model", device)
    hub.check_whole(model, missing)
    return Model(network, _described(network, ids, device), look_of(folder))


def predict(model: Model, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Probabilities (n, classes): a picture's likeness to each description, from padded batches of one shape."""
    network = model.network

    def probabilities(x: Any) -> Any:
        seen = network.visual_projection(network.vision_model(pixel_values=x).pooler_output)
        seen = seen / seen.norm(dim=-1, keepdim=True)
        return (network.logit_scale.exp() * seen @ model.described.T).softmax(1)

    return in_batches(pictures, model.look, model.described.device, probabilities)


def _tokens(model: str, folder: Path, prompts: Sequence[str]) -> list[list[int]]:
    """The token ids of each description."""
    # Where there is none, transformers makes an empty one and says nothing.
    if not (folder / "tokenizer.json").exists() and not (folder / "merges.txt").exists():
        raise ModelError(
            f"{model} holds no tokenizer. Save it beside the model: tokenizer.save_pretrained(folder) writes "
            f"tokenizer.json."
        )
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError, RuntimeError, AttributeError, TypeError) as error:
        raise ModelError(f"the tokenizer of {model} cannot be read: {error}. Save it again.") from error
    config = hub.read_json(folder / "config.json").get("text_config") or {}
    most = min(int(tokenizer.model_max_length), int(config.get("max_position_embeddings", 77)))
    ids = [list(tokenizer(p, truncation=True, max_length=most).input_ids) for p in prompts]
    for i, one in enumerate(ids):
        if one in ids[:i]:
            raise ModelError(
                f"{prompts[ids.index(one)]!r} and {prompts[i]!r} read the same to {model}. Describe the classes in "
                f"other words, and in few: it reads {most} tokens."
            )
    return ids


def _described(network: Any, ids: Sequence[Sequence[int]], device: str) -> Any:
    import torch

    one_thread()
    rows = []
    with torch.inference_mode():
        for one in ids:  # one at a time: nothing to pad, and no neighbours
            said = network.text_model(input_ids=torch.tensor([one], device=device)).pooler_output
            rows.append(network.text_projection(said)[0])
        described = torch.stack(rows)
        return described / described.norm(dim=-1, keepdim=True)
