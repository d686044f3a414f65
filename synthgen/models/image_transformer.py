"""Image classifiers of the transformers library, by folder or hub id: weights only, no code of others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from synthgen.models import hub
from synthgen.models.image_look import Look, in_batches, look_of
from synthgen.models.named_classes import columns

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Model(NamedTuple):
    """The network, its columns in the order of the classes, and what its pictures must look like."""

    network: Any
    columns: list[int]
    look: Look


def load(model: str, names: Sequence[str], device: str) -> Model:
    """A classifier that knows all of `names`. Raises ModelError where it doesn't, or cannot be loaded safely."""
    network, missing = hub.opened(model, "AutoModelForImageClassification", "image classifier", device)
    hub.check_whole(model, missing)
    return Model(network, columns(model, network.config.id2label, names), look_of(hub.checked_folder(model)))


def predict(model: Model, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Probabilities (n, classes) over the wanted classes, from padded batches of one shape."""

    def probabilities(x: Any) -> Any:
        return model.network(pixel_values=x).logits[:, model.columns].softmax(1)

    return in_batches(pictures, model.look, next(model.network.parameters()).device, probabilities)
