"""What a classifier is trained on when lift is measured: real samples, synthetic ones, and how the two are mixed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Sampling:
    """How real samples are drawn and shown.

    `balanced` draws all classes alike often, else as often as they are. `reach` is how far each is moved inside the
    contract: 0 not at all, 1 as far as is usual, 2 twice as far. `tau` adds tau * log(class frequency) to the logits
    in training (Menon et al. 2021, logit adjustment).
    """

    balanced: bool = True
    reach: float = 1.0
    tau: float = 0.0


@dataclass(frozen=True, slots=True)
class Use:
    """How synthetic samples are used. A place in a batch goes to a real sample first; then, from the step `start`
    (a share of all) on, it is given to a variation of that very sample with probability `replace`, else to any
    synthetic sample of its class with probability `share`. So class frequencies stay those of the sampling, and a
    class without synthetic samples is trained as before. `weight` is their weight in the loss; a real one has 1."""

    share: float = 0.0
    weight: float = 1.0
    start: float = 0.0
    replace: float = 0.0

    def says(self) -> str:
        """Words for a table."""
        parts = [f"{self.share:.0%} of the places of a class"]
        parts += [f"weight {self.weight:g}"] if self.weight != 1 else []
        parts += [f"from {self.start:.0%} of the steps on"] if self.start else []
        parts += (
            [f"a real one gives way to its variation with probability {self.replace:g}"]
            if self.replace
            else []
        )
        return ", ".join(parts)


class Synthetic(NamedTuple):
    """Synthetic training samples: small payloads, targets (m, classes) that sum to 1, the class (m,) that each counts
    for, and the row (m,) of the real training sample that it was made from, or -1."""

    payloads: Sequence[Any]
    targets: NDArray[np.float32]
    labels: NDArray[np.int64]
    parents: NDArray[np.int64]


@dataclass(frozen=True)
class Mixture:
    """Small real payloads with labels 0..classes-1, and the synthetic ones that are mixed in."""

    real: Sequence[Any]
    labels: NDArray[np.int64]
    sampling: Sampling = Sampling()
    synthetic: Synthetic | None = None
    use: Use = Use()


@dataclass(frozen=True, slots=True)
class Learnt:
    """How a training went: the mean loss of each of at most twenty equal parts of the steps."""

    losses: tuple[float, ...] = field(default=())
