"""What the reference classifier of a modality can do: filters and the measurement of lift train it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen import registry
from synthgen.contract import LabelContract
from synthgen.errors import ModelError
from synthgen.mixture import Learnt, Mixture
from synthgen.modality import Modality

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Progress = Callable[[int, int, float], None]
"""Called as progress(step, steps, loss)."""

Judge = Callable[[Sequence[Any]], "NDArray[np.float32]"]
"""Probabilities (n, classes) for payloads as they are, each row the same whatever payloads are beside it."""


def reference(modality: Modality, backbone: str | None = None) -> Classifier:
    """The classifier of a modality, or its head on the frozen network that a folder or pinned hub id names."""
    own: Classifier = registry.find("models", modality.classifier)()
    return own if backbone is None else own.on_backbone(backbone)


class Classifier:
    """Base of reference classifiers. No settings; a module in `models/` names its own as PLUGIN.

    Its module alone knows what pretrained models there are for its payloads: `on_backbone`, `given`, `zero_shot`.
    """

    def identity(self) -> str:
        """What decides, with data and settings, what a training gives."""
        return registry.name_of("models", self)

    @property
    def title(self) -> str:
        """How a person calls it."""
        return self.identity()

    def on_backbone(self, model: str) -> Classifier:
        """One that trains a head on a frozen network, by folder or pinned hub id. Raises ModelError where it can't."""
        raise self._knows_no("network for a head is", model)

    def given(self, model: str, names: Sequence[str], device: str) -> Judge:
        """A classifier by folder or pinned hub id, trained elsewhere, that knows all of `names`."""
        raise self._knows_no("classifier is", model)

    def zero_shot(self, model: str, prompts: Sequence[str], device: str) -> Judge:
        """A model by folder or pinned hub id that tells classes by their descriptions, one for each."""
        raise self._knows_no("zero-shot model is", model)

    def _knows_no(self, what: str, model: str) -> ModelError:
        return ModelError(
            f"no pretrained {what} known beside {self.identity()}: leave {model!r} out of the recipe."
        )

    def small(self, payload: Any, size: int | None = None) -> Any:
        """The payload as small as the classifier can do with, or of a size that is asked for: many are held at once."""
        return payload

    def embed(self, modality: Modality, payloads: Sequence[Any]) -> NDArray[np.float32]:
        """Unit vectors (n, d) of small payloads, for likeness and diversity: the modality's, where these are payloads
        still."""
        return modality.embed(payloads)

    def usual_steps(self, payload: Any) -> int:
        """Training steps that are enough for small payloads like this one."""
        raise NotImplementedError

    def train(
        self, payloads: Sequence[Any], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract,
        folder: Path, *, steps: int, seed: int, progress: Progress | None = None,
    ) -> None:  # fmt: skip
        """Train on small payloads with labels 0..len(names)-1, classes drawn alike often, and fill `folder`.

        Bounded by steps; the same arguments write the same bytes.
        """
        raise NotImplementedError

    def train_mixture(
        self, mixture: Mixture, names: Sequence[str], contract: LabelContract, folder: Path, *, steps: int, seed: int,
        progress: Progress | None = None,
    ) -> Learnt:  # fmt: skip
        """Train on real and synthetic small payloads as the mixture says, and fill `folder`; how the loss went.

        Bounded by steps; the same arguments write the same bytes.
        """
        raise NotImplementedError

    def varied(
        self, payloads: Sequence[Any], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract,
        seed: int,
    ) -> Sequence[Any]:  # fmt: skip
        """Each small payload changed once, as far as the contract lets its class be changed."""
        raise NotImplementedError

    def load(self, folder: Path, device: str) -> Any:
        """What `predict` needs. Raises ModelError where the folder holds something else."""
        raise NotImplementedError

    def predict(self, model: Any, payloads: Sequence[Any]) -> NDArray[np.float32]:
        """Probabilities (n, classes), each row the same whatever payloads are beside it."""
        raise NotImplementedError
