"""A frozen image network of the transformers library, by folder or hub id, with a head that is trained on it."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Sequence
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch

from synthgen import seeds
from synthgen.contract import LabelContract
from synthgen.errors import ModelError
from synthgen.models import hub
from synthgen.models.frozen_head import FrozenHead
from synthgen.models.image_look import BATCH, in_batches, look_of
from synthgen.models.image_moves import Augment, allowed, moved
from synthgen.models.resizing import resized

if TYPE_CHECKING:
    from numpy.typing import NDArray


class View(NamedTuple):
    """A picture moved in one of many ways; made when it is looked at."""

    picture: NDArray[np.uint8]
    limits: Augment
    number: int


class Network(NamedTuple):
    """An image network; without a trained pooler, the class token stands for a picture."""

    network: Any
    is_pooled: bool

    def features(self, x: torch.Tensor) -> Any:
        """Features (n, d): pooled where the network pools, else the mean over places or tokens."""
        said = self.network(pixel_values=x)
        last = said.last_hidden_state
        pooled = getattr(said, "pooler_output", None)
        if pooled is not None and self.is_pooled:
            return pooled.flatten(1)
        if last.ndim == 4:
            return last.mean((2, 3))
        return last.mean(1) if self.is_pooled else last[:, 0]


class ImageBackbone(FrozenHead):
    """ViT, DINOv2, ConvNeXt, ResNet, the image half of CLIP or SigLIP, ...: frozen, with a trained linear head."""

    at_once = BATCH

    def __init__(self, model: str) -> None:
        super().__init__()
        self._model, self._content = model, hub.content_of(model)
        self._look = look_of(hub.checked_folder(model))
        self._networks: dict[str, Network] = {}
        self._opening = Lock()

    def identity(self) -> str:
        return f"image_backbone {self.views} {self._content}"

    @property
    def title(self) -> str:
        return f"a linear head on {self._model.rstrip('/').rpartition('/')[2]}"

    def small(self, payload: Any, size: int | None = None) -> NDArray[np.uint8]:
        height, width = (size, size) if size else self._look[:2]
        is_larger = payload.shape[0] * payload.shape[1] > height * width
        return resized(payload, height, width) if size or is_larger else payload

    def varied(
        self, payloads: Sequence[Any], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract,
        seed: int, reach: float = 1.0,
    ) -> list[View]:  # fmt: skip
        limits = [allowed(contract, name, reach) for name in names]
        return [View(one, limits[label], seed) for one, label in zip(payloads, labels, strict=True)]

    def key(self, payload: Any) -> Hashable:
        if isinstance(payload, View):
            return _digest(payload.picture), payload.limits, payload.number
        return _digest(payload)

    def features_of(self, payloads: Sequence[Any], device: str) -> NDArray[np.float32]:
        pictures = [_moved(one) if isinstance(one, View) else one for one in payloads]
        return in_batches(pictures, self._look, device, self._network(device).features)

    def _network(self, device: str) -> Network:
        with self._opening:
            if device not in self._networks:
                self._networks[device] = _open(self._model, device)
                self._check_repeats(self._networks[device], device)
            return self._networks[device]

    def _check_repeats(self, network: Network, device: str) -> None:
        """Raise ModelError where the network cannot look at one picture, or sees another thing each time."""
        ramp = np.linspace(0, 255, self._look.height * self._look.width * 3).astype(np.uint8)
        ramp = ramp.reshape(self._look.height, self._look.width, 3)
        try:
            one, two = (in_batches([ramp], self._look, device, network.features) for _ in range(2))
        except (RuntimeError, ValueError, TypeError, AttributeError, IndexError) as error:
            raise ModelError(
                f"{self._model} cannot look at pictures of {self._look.height} x {self._look.width}: {error}. Give an "
                f"image network, with its preprocessor_config.json."
            ) from error
        if one.ndim != 2 or not np.isfinite(one).all() or np.abs(one - two).max() > 0.01 * np.abs(one).max():
            raise ModelError(
                f"{self._model} gives no one vector for a picture, or another one each time, as masked autoencoders "
                f"do. Give a network that was made for features, such as ViT, DINOv2, ConvNeXt or CLIP."
            )


@lru_cache(maxsize=4)
def _shared(model: str, _content: str) -> ImageBackbone:
    return ImageBackbone(model)


def shared(model: str) -> ImageBackbone:
    """The one classifier of this process on a network: what it has seen for one draw of train, it knows for others."""
    hub.checked_folder(model)
    return _shared(model, hub.content_of(model))


def _open(model: str, device: str) -> Network:
    network, missing = hub.opened(model, "AutoModel", "network", device)
    tower = getattr(network, "vision_model", network)  # the image half of CLIP and SigLIP
    if getattr(tower, "main_input_name", "") != "pixel_values":
        raise ModelError(
            f"{model} is a {type(network).__name__}, which does not look at pictures. Give an image network, such as "
            f"ViT, DINOv2, ConvNeXt, ResNet or CLIP."
        )
    poolers = frozenset(name for name in missing if "pooler" in name.split("."))
    hub.check_whole(model, missing - poolers)
    return Network(tower.requires_grad_(False), not poolers)


def _moved(view: View) -> NDArray[np.uint8]:
    """The picture turned, shifted, ... by draws that depend on it and on the number alone."""
    rng = seeds.numpy_rng("view", _digest(view.picture), view.number)
    x = torch.from_numpy(view.picture.copy()).permute(2, 0, 1)[None].float() / 127.5 - 1
    x = moved(x, np.array([view.limits], np.float32), rng)
    back: NDArray[np.uint8] = (
        ((x.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)[0].permute(1, 2, 0).numpy()
    )
    return np.ascontiguousarray(back)


def _digest(picture: NDArray[np.uint8]) -> str:
    return hashlib.sha256(b"%d %d " % picture.shape[:2] + picture.tobytes()).hexdigest()
