"""Training of the reference classifier of pictures on a mixture of real and synthetic ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from synthgen import seeds
from synthgen.contract import LabelContract
from synthgen.mixture import Learnt, Mixture
from synthgen.models.classifier import Progress
from synthgen.models.image_classifier import as_input, fit_size, new, save
from synthgen.models.image_moves import allowed, moved
from synthgen.models.mixed_training import MixedLoss, labels_of
from synthgen.models.optimising import optimise

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 64
WIDTH = 16
"""A third cheaper a step than the 24 of the label filter."""
LEARNING_RATE = 6e-3


def train_mixture(
    mixture: Mixture, names: Sequence[str], contract: LabelContract, folder: Path, *, steps: int, seed: int,
    progress: Progress | None = None, batch: int = BATCH, width: int = WIDTH,
) -> Learnt:  # fmt: skip
    """Train on a mixture of small pictures and fill `folder`; how the loss went. The same arguments, the same bytes."""
    size, reach = mixture.real[0].shape[0], mixture.sampling.reach
    pictures = list(mixture.real)
    if mixture.synthetic is not None:
        pictures += list(mixture.synthetic.payloads)
    data, rng = fit_size(pictures, size), seeds.numpy_rng("image_mixture", seed)
    limits = _limits(names, contract, reach)[labels_of(mixture)]

    def shown(rows: NDArray[np.int64], device: torch.device) -> torch.Tensor:
        x = as_input(data[rows], device)
        return moved(x, limits[rows], rng) if reach else x

    loss = MixedLoss(mixture, len(names), steps, seed, batch, shown)
    save(optimise(new(len(names), size, width, seed), loss, steps, LEARNING_RATE, progress), folder)
    return loss.learnt


def varied(
    pictures: Sequence[Any],
    labels: NDArray[np.int64],
    names: Sequence[str],
    contract: LabelContract,
    seed: int,
) -> list[NDArray[np.uint8]]:
    """Each picture moved once as far as the contract lets its class be moved."""
    if not len(pictures):
        return []
    data = fit_size(pictures, pictures[0].shape[0])
    x = moved(
        as_input(data, torch.device("cpu")), _limits(names, contract)[labels], seeds.numpy_rng("varied", seed)
    )
    back = ((x.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    return list(back.permute(0, 2, 3, 1).contiguous().numpy())


def _limits(names: Sequence[str], contract: LabelContract, reach: float = 1.0) -> NDArray[np.float32]:
    return np.array([allowed(contract, name, reach) for name in names], np.float32)
