"""In what shape a diffusion model runs on a device: pictures at once, number type, side in pixels."""

from __future__ import annotations

import json
import math
from pathlib import Path

CPU_LANES = 16
GIGABYTES_AT_512 = 0.5  # of GPU memory, a picture of SDXL with guidance; decoding goes in smaller parts


def lanes(device: str, size: int | None) -> int:
    """The batch shape of the network: on a GPU the power of two up to 64 that its memory holds."""
    if device != "cuda":
        return CPU_LANES
    import torch

    held = torch.cuda.get_device_properties(0).total_memory / 2**30
    most = 0.6 * held / (GIGABYTES_AT_512 * ((size or 512) / 512) ** 2)
    return 1 << max(0, min(6, int(math.log2(max(1.0, most)))))


def dtype(asked: str, device: str) -> str:
    """The number type for what a recipe asks, where that leaves it open."""
    if asked != "auto":
        return asked
    return "bfloat16" if device == "cuda" else "float32"


def own_size(folder: Path) -> int:
    """The side in pixels for which a model was trained."""
    unet = json.loads((folder / "unet" / "config.json").read_text(encoding="utf-8"))
    vae = json.loads((folder / "vae" / "config.json").read_text(encoding="utf-8"))
    side = unet["sample_size"] if isinstance(unet["sample_size"], int) else max(unet["sample_size"])
    return int(side * 2 ** (len(vae["block_out_channels"]) - 1))
