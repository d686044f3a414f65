"""What pictures must look like to a network of the transformers library, and its runs over batches of one shape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from synthgen.device import one_thread
from synthgen.models.hub import read_json
from synthgen.models.resizing import resized

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 16


class Look(NamedTuple):
    """Sides in pixels, and the mean and standard deviation by channel (of values from 0 to 1) that are taken out."""

    height: int
    width: int
    mean: tuple[float, ...]
    std: tuple[float, ...]


def look_of(folder: Path) -> Look:
    """What a model folder says about its pictures; where it is silent, values are brought to -1..1."""
    config, said = read_json(folder / "config.json"), _preprocessor(folder)
    height, width = _size(config, said)
    if said.get("do_normalize", True):
        mean, std = said.get("image_mean") or [0.5] * 3, said.get("image_std") or [0.5] * 3
    else:
        mean, std = [0.0] * 3, [1.0] * 3
    return Look(height, width, tuple(mean), tuple(std))


def in_batches(
    pictures: Sequence[NDArray[np.uint8]],
    look: Look,
    device: Any,
    function: Callable[[Any], Any],
) -> NDArray[np.float32]:
    """Rows (n, d) of a function of float pictures (n, 3, h, w), run in padded batches of one shape on one thread: a
    picture's row knows no neighbours."""
    import numpy as np
    import torch

    one_thread()
    rows = []
    for start in range(0, len(pictures), BATCH):
        some = pictures[start : start + BATCH]
        padded = np.zeros((BATCH, look.height, look.width, 3), np.float32)
        for row, picture in zip(padded, some, strict=False):
            row[:] = resized(picture, look.height, look.width)
        x = ((padded / 255 - look.mean) / look.std).astype(np.float32).transpose(0, 3, 1, 2)
        with torch.inference_mode():
            rows.append(function(torch.from_numpy(x.copy()).to(device)).float().cpu().numpy()[: len(some)])
    return np.concatenate(rows) if rows else np.zeros((0, 0), np.float32)


def _preprocessor(folder: Path) -> dict[str, Any]:
    if (path := folder / "preprocessor_config.json").exists():
        return read_json(path)
    if (path := folder / "processor_config.json").exists():  # where a whole CLIPProcessor was saved
        said = read_json(path).get("image_processor", {})
        return said if isinstance(said, dict) else {}
    return {}


def _size(config: dict[str, Any], said: dict[str, Any]) -> tuple[int, int]:
    own = config.get("image_size") or (config.get("vision_config") or {}).get("image_size")
    asked = said.get("crop_size") or said.get("size") or own or 224
    if isinstance(asked, dict):
        edge: int = asked.get("shortest_edge") or 224
        return int(asked.get("height", edge)), int(asked.get("width", edge))
    return (int(asked[0]), int(asked[1])) if isinstance(asked, list) else (int(asked), int(asked))
