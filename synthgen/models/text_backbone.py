"""A frozen sentence model, by folder or hub id, with a head that is trained on it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgen.contract import LabelContract
from synthgen.models import hub, sentences
from synthgen.models.frozen_head import FrozenHead
from synthgen.models.text_classifier import first_words
from synthgen.models.text_moves import varied

if TYPE_CHECKING:
    from numpy.typing import NDArray


class TextBackbone(FrozenHead):
    """Any model of sentence-transformers, or encoder of transformers: frozen, with a trained linear head."""

    at_once = sentences.BATCH

    def __init__(self, model: str) -> None:
        super().__init__()
        self._model, self._content = model, hub.content_of(model)
        self._held: dict[str, sentences.Sentences] = {}
        self._opening = Lock()

    def identity(self) -> str:
        return f"text_backbone {self.views} {self._content}"

    @property
    def title(self) -> str:
        return f"a linear head on {self._model.rstrip('/').rpartition('/')[2]}"

    def small(self, payload: Any, size: int | None = None) -> str:
        return first_words(payload, size) if size else first_words(payload)

    def varied(
        self, payloads: Sequence[Any], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract,
        seed: int, reach: float = 1.0,
    ) -> list[str]:  # fmt: skip
        return varied(payloads, labels, names, contract, seed, reach)

    def key(self, payload: Any) -> Hashable:
        return str(payload)

    def features_of(self, payloads: Sequence[Any], device: str) -> NDArray[np.float32]:
        with self._opening:
            if device not in self._held:
                self._held[device] = sentences.load(self._model, device)
        return sentences.embed(self._held[device], payloads)


@lru_cache(maxsize=4)
def _shared(model: str, _content: str) -> TextBackbone:
    return TextBackbone(model)


def shared(model: str) -> TextBackbone:
    """The one classifier of this process on a model: what it has read for one draw of train, it knows for others."""
    hub.checked_folder(model, (*hub.WANTED, "*/*.json", "*/*.safetensors"))
    return _shared(model, hub.content_of(model))
