"""What the reference classifier of a modality can do: filters and the measurement of lift train it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen.contract import LabelContract
from synthgen.mixture import Learnt, Mixture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Progress = Callable[[int, int, float], None]
"""Called as progress(step, steps, loss)."""


class Classifier:
    """Base of reference classifiers. No state; a module in `models/` names its own as PLUGIN."""

    def small(self, payload: Any, size: int | None = None) -> Any:
        """The payload as small as the classifier can do with, or of a size that is asked for: many are held at once."""
        return payload

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
