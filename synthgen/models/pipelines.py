"""Diffusion pipelines from folders and the hub: weights only, nothing that runs code of others."""

from __future__ import annotations

import importlib
import json
import logging
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

from synthgen.errors import ModelError
from synthgen.registry import names, near

log = logging.getLogger(__name__)

Scheduler = Literal["model", "ddim", "dpm++", "euler", "euler_ancestral", "lcm", "unipc"]
SCHEDULERS = {
    "ddim": "DDIMScheduler",
    "dpm++": "DPMSolverMultistepScheduler",
    "euler": "EulerDiscreteScheduler",
    "euler_ancestral": "EulerAncestralDiscreteScheduler",
    "lcm": "LCMScheduler",
    "unipc": "UniPCMultistepScheduler",
}
SUPPORTED = ("StableDiffusionImg2ImgPipeline", "StableDiffusionXLImg2ImgPipeline")
PICKLES = {".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle"}
WANTED = ["model_index.json", "*/*.json", "*/*.txt", "*/*.safetensors"]
UNWANTED = [
    "*.fp16.*",
    "*.non_ema.*",
    "*/flax*",
    "*onnx*",
    "*openvino*",
    "safety_checker/*",
    "feature_extractor/*",
]
LEFT_OUT = ("safety_checker", "feature_extractor", "image_encoder")
# How diffusers names its own subpackages in an index.
PACKAGES = {"diffusers", "transformers", "stable_diffusion", "stable_diffusion_xl"}


def check_folder(folder: Path) -> dict[str, Any]:
    """The index of a pipeline folder that is safe to load; ModelError, before any import, if it is not.

    Diffusers imports every module that `model_index.json` names, and unpickles weights that are not safetensors.
    """
    try:
        index = json.loads((folder / "model_index.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(
            f"{folder} holds no model_index.json. Give a diffusers folder (as save_pretrained writes it), "
            f'a hub id such as owner/name, or "fit". A single checkpoint file must be converted first.'
        ) from error
    except ValueError as error:
        raise ModelError(f"{folder / 'model_index.json'} is no JSON: {error}.") from error
    if not isinstance(index, dict) or not re.fullmatch(r"\w+Pipeline", str(index.get("_class_name"))):
        raise ModelError(f"{folder / 'model_index.json'} names no pipeline class of diffusers.")
    for part, value in index.items():
        if isinstance(value, list) and value != [None, None]:
            _check_part(folder, part, value)
        elif isinstance(value, dict):
            raise ModelError(
                f"{folder / 'model_index.json'}: {part} is a table, which no index of diffusers has."
            )
    return index


def _check_part(folder: Path, part: str, value: list[Any]) -> None:
    library, name = value if len(value) == 2 else ("", "")
    ours = {f"synthgen.models.{module}" for module in names("models")}
    if library not in PACKAGES | ours or not re.fullmatch(r"[A-Z]\w*", str(name)):
        raise ModelError(
            f"{folder / 'model_index.json'}: {part} is {value}, but only classes of diffusers, transformers and "
            f"synthgen.models are loaded. Other code never runs: use a model without it."
        )
    if part in LEFT_OUT or not (folder / part).is_dir():
        return
    suffixes = {path.suffix for path in (folder / part).iterdir()}
    if suffixes & PICKLES and ".safetensors" not in suffixes:
        raise ModelError(
            f"{folder / part} holds its weights only as a pickle, which can run code when it is opened. Load it where "
            f"you trust it, and write it again with pipeline.save_pretrained(folder, safe_serialization=True)."
        )


def quiet() -> None:
    """Stop diffusers and transformers from drawing bars and warning of optional parts that nobody asked for."""
    import diffusers
    import transformers

    for library in (diffusers, transformers):
        library.utils.logging.set_verbosity_error()
        library.utils.logging.disable_progress_bar()


def open_img2img(folder: Path, device: str, dtype: str = "float32", scheduler: Scheduler = "model") -> Any:
    """A Stable Diffusion (1.x, 2.x, turbo) or SDXL img2img pipeline in evaluation mode, from local safetensors only.

    A safety checker among the parts is left out.
    """
    index = check_folder(folder)
    import diffusers
    import torch

    quiet()
    left_out = {part: None for part in LEFT_OUT if part in index}
    for value in index.values():
        if isinstance(value, list) and str(value[0]).startswith("synthgen.models."):
            importlib.import_module(
                value[0]
            )  # diffusers takes classes only from modules that are imported already
    try:
        pipeline = diffusers.AutoPipelineForImage2Image.from_pretrained(
            folder, dtype=getattr(torch, dtype), use_safetensors=True, local_files_only=True,
            trust_remote_code=False, **left_out, **({"requires_safety_checker": False} if left_out else {}),
        )  # fmt: skip
    except (OSError, ValueError, AttributeError, KeyError, ImportError, RuntimeError, TypeError) as error:
        raise ModelError(f"{folder} cannot be loaded as an img2img pipeline: {error}") from error
    if type(pipeline).__name__ not in SUPPORTED:
        raise ModelError(
            f"{folder} is a {type(pipeline).__name__}. image/img2img works with Stable Diffusion 1.x, 2.x, turbo "
            f"and SDXL."
        )
    if scheduler != "model":
        kind = getattr(diffusers, SCHEDULERS[scheduler])
        pipeline.scheduler = kind.from_config(pipeline.scheduler.config)
    pipeline.set_progress_bar_config(disable=True)
    if pipeline.vae.config.get("force_upcast") and dtype == "float16":
        pipeline.vae.to(torch.float32)  # its activations overflow in half precision
    for part in pipeline.components.values():
        if isinstance(part, torch.nn.Module):
            part.requires_grad_(False).eval()
    if device == "cuda":
        pipeline.unet.to(memory_format=torch.channels_last)
        pipeline.vae.to(memory_format=torch.channels_last)
    return pipeline.to(device)


@cache
def fetch(model: str, endpoint: str | None = None, cache_dir: Path | None = None) -> Path:
    """The folder of a local path, or of a hub id `owner/name[@revision]`, downloaded unless it is there.

    Without a revision the newest commit is taken once, kept in the hub's cache from then on, and logged to be pinned.
    """
    if (folder := Path(model).expanduser()).exists() or not re.fullmatch(r"[\w.-]+/[\w.-]+(@.*)?", model):
        return _local(folder)
    name, _, revision = model.partition("@")
    if "@" in model and not re.fullmatch(r"[0-9a-f]{40}", revision):
        raise ModelError(f"{model}: pin a commit by its 40 hex digits; a branch or tag can change.")
    import huggingface_hub
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    def snapshot(commit: str | None, *, offline: bool = False) -> Path:
        return Path(
            huggingface_hub.snapshot_download(
                name, revision=commit, allow_patterns=WANTED, ignore_patterns=UNWANTED,
                local_files_only=offline, endpoint=endpoint, cache_dir=cache_dir,
            )
        )  # fmt: skip

    try:
        if not revision:
            try:
                revision = snapshot(None, offline=True).name
            except LocalEntryNotFoundError:
                revision = snapshot(None).name
            log.warning("%s is taken at commit %s: pin it as %s@%s", name, revision, name, revision)
        return snapshot(revision)
    except (HfHubHTTPError, HFValidationError, OSError) as error:
        raise ModelError(
            f"the model {model} is not on this machine and cannot be fetched from the hub "
            f"({type(error).__name__}: {str(error).splitlines()[0]}). Check the name and the network, "
            f"or give a local folder."
        ) from error


def _local(folder: Path) -> Path:
    if folder.is_dir():
        return folder
    if folder.is_file():
        raise ModelError(
            f"{folder} is a single file. Convert it to a diffusers folder: "
            f"StableDiffusionPipeline.from_single_file(file).save_pretrained(folder)."
        )
    beside = [p.name for p in folder.parent.iterdir() if p.is_dir()] if folder.parent.is_dir() else []
    raise ModelError(
        f"the model folder {folder} does not exist.{near(folder.name, beside) if beside else ''}"
    )
