"""Training of the reference classifier of pictures on a mixture of real and synthetic ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from synthgen import seeds
from synthgen.contract import LabelContract
from synthgen.device import quick_precision
from synthgen.mixture import Learnt, Mixture
from synthgen.models.classifier import Progress
from synthgen.models.image_classifier import as_input, fit_size, new, save
from synthgen.models.image_moves import allowed, moved
from synthgen.models.mixed_batches import MixedBatches, curve, log_prior
from synthgen.models.optimising import optimise

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 64
WIDTH = 16
"""A third cheaper a step than the 24 of the label filter."""
SMOOTHING = 0.05
LEARNING_RATE = 6e-3


def train_mixture(
    mixture: Mixture, names: Sequence[str], contract: LabelContract, folder: Path, *, steps: int, seed: int,
    progress: Progress | None = None, batch: int = BATCH, width: int = WIDTH,
) -> Learnt:  # fmt: skip
    """Train on a mixture of small pictures and fill `folder`; how the loss went. The same arguments, the same bytes."""
    size, classes, sampling = mixture.real[0].shape[0], len(names), mixture.sampling
    targets = np.eye(classes, dtype=np.float32)[mixture.labels]
    pictures, labels = list(mixture.real), mixture.labels
    if mixture.synthetic is not None and len(mixture.synthetic.labels):
        pictures += list(mixture.synthetic.payloads)
        targets = np.concatenate([targets, mixture.synthetic.targets])
        labels = np.concatenate([labels, mixture.synthetic.labels])
    data, first = fit_size(pictures, size), len(mixture.labels)
    limits = _limits(names, contract, sampling.reach)[labels]
    prior = torch.from_numpy(sampling.tau * log_prior(mixture.labels, classes))
    batches, rng, losses = MixedBatches(mixture, seed), seeds.numpy_rng("image_mixture", seed), list[float]()

    def loss_of(model: nn.Module, step: int, device: torch.device) -> torch.Tensor:
        real, synthetic = batches.draw(batch, step / steps)
        rows = np.where(synthetic >= 0, first + synthetic, real)
        x = as_input(data[rows], device)
        if sampling.reach:
            x = moved(x, limits[rows], rng)
        weight = torch.from_numpy(np.where(synthetic >= 0, mixture.use.weight, 1.0).astype(np.float32)).to(
            device
        )
        y = torch.from_numpy(targets[rows] * (1 - SMOOTHING) + SMOOTHING / classes).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=quick_precision(device.type) == "bfloat16"):
            logits = model(x)
        each = functional.cross_entropy(logits.float() + prior.to(device), y, reduction="none")
        loss = (each * weight).sum() / weight.sum()
        losses.append(float(loss.detach()))
        return loss

    save(optimise(new(classes, size, width, seed), loss_of, steps, LEARNING_RATE, progress), folder)
    return Learnt(curve(losses))


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
