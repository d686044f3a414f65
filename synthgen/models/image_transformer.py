"""Image classifiers of the transformers library, by folder or hub id: weights only, no code of others."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from synthgen.device import one_thread
from synthgen.errors import ModelError
from synthgen.models.resizing import resized
from synthgen.registry import near

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 16
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}")
WANTED = ["config.json", "preprocessor_config.json", "*.safetensors", "*.safetensors.index.json"]


class Model(NamedTuple):
    """The network, its columns in the order of the classes, and what its pictures must look like."""

    network: Any
    columns: list[int]
    size: tuple[int, int]
    mean: list[float]
    std: list[float]


def load(model: str, names: Sequence[str], device: str) -> Model:
    """A classifier that knows all of `names`. Raises ModelError where it doesn't, or cannot be loaded safely."""
    from transformers import AutoModelForImageClassification

    folder = _folder(model)
    config = _json(folder / "config.json")
    if "auto_map" in config:
        raise ModelError(
            f"{model} brings code of its own, which is never run. Pick a model that transformers knows."
        )
    if not any(folder.glob("*.safetensors")):
        raise ModelError(
            f"{model} holds no safetensors. Save it with save_pretrained; pickles are never loaded."
        )
    try:
        network = AutoModelForImageClassification.from_pretrained(
            folder, use_safetensors=True, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ModelError(f"{model} is no image classifier of transformers: {error}") from error
    said = (
        _json(folder / "preprocessor_config.json") if (folder / "preprocessor_config.json").exists() else {}
    )
    return Model(
        network.eval().to(device), _columns(model, network.config.id2label, names), _size(config, said),
        said.get("image_mean") or [0.5] * 3, said.get("image_std") or [0.5] * 3,
    )  # fmt: skip


def predict(model: Model, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Probabilities (n, classes) over the wanted classes, from padded batches of one shape."""
    import numpy as np
    import torch

    one_thread()
    height, width = model.size
    device = next(model.network.parameters()).device
    out = np.empty((len(pictures), len(model.columns)), np.float32)
    for start in range(0, len(pictures), BATCH):
        some = pictures[start : start + BATCH]
        padded = np.zeros((BATCH, height, width, 3), np.float32)
        for row, picture in zip(padded, some, strict=False):
            row[:] = resized(picture, height, width)
        x = ((padded / 255 - model.mean) / model.std).astype(np.float32).transpose(0, 3, 1, 2)
        with torch.inference_mode():
            logits = model.network(pixel_values=torch.from_numpy(x.copy()).to(device)).logits
        out[start : start + len(some)] = (
            logits[:, model.columns].softmax(1).float().cpu().numpy()[: len(some)]
        )
    return out


def local_folder(model: str) -> Path | None:
    """The folder that this names; None for a pinned hub id. Raises ModelError where it is neither."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if not HUB_ID.fullmatch(model):
        raise ModelError(
            f"{model!r} is no folder. Give one, or a pinned hub id: owner/name@ and 40 hex digits."
        )
    return None


def _folder(model: str) -> Path:
    if folder := local_folder(model):
        return folder
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    name, revision = model.split("@")
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=WANTED))
    except (HfHubHTTPError, OSError) as error:
        raise ModelError(
            f"{model} cannot be fetched ({type(error).__name__}). Check the id and the network, or give a folder."
        ) from error


def _json(path: Path) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
    return said


def _columns(model: str, labels: dict[int, str], names: Sequence[str]) -> list[int]:
    known = {label: i for i, label in labels.items()}
    for name in names:
        if name not in known:
            raise ModelError(f"{model} does not know the class {name!r}.{near(name, known)}")
    return [known[name] for name in names]


def _size(config: dict[str, Any], said: dict[str, Any]) -> tuple[int, int]:
    asked = said.get("crop_size") or said.get("size") or config.get("image_size") or 224
    if isinstance(asked, dict):
        edge: int = asked.get("shortest_edge") or 224
        return int(asked.get("height", edge)), int(asked.get("width", edge))
    return (int(asked[0]), int(asked[1])) if isinstance(asked, list) else (int(asked), int(asked))
