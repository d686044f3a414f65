"""The loss of a classifier of any modality on a mixture of real and synthetic samples."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from synthgen.device import quick_precision
from synthgen.mixture import Learnt, Mixture
from synthgen.models.mixed_batches import MixedBatches, curve, log_prior

if TYPE_CHECKING:
    from numpy.typing import NDArray

SMOOTHING = 0.05

Shown = Callable[["NDArray[np.int64]", torch.device], torch.Tensor]
"""What the network sees of some rows: the real samples first, the synthetic ones after them."""


class MixedLoss:
    """Cross entropy, weighted and with adjusted logits as the mixture says; one batch a call."""

    def __init__(
        self, mixture: Mixture, classes: int, steps: int, seed: int, batch: int, shown: Shown
    ) -> None:
        self._mixture, self._classes, self._steps, self._batch, self._shown = (
            mixture,
            classes,
            steps,
            batch,
            shown,
        )
        targets = np.eye(classes, dtype=np.float32)[mixture.labels]
        if mixture.synthetic is not None and len(mixture.synthetic.labels):
            targets = np.concatenate([targets, mixture.synthetic.targets])
        self._targets = targets * (1 - SMOOTHING) + SMOOTHING / classes
        self._prior = torch.from_numpy(mixture.sampling.tau * log_prior(mixture.labels, classes))
        self._batches = MixedBatches(mixture, seed)
        self._losses: list[float] = []

    def __call__(self, model: nn.Module, step: int, device: torch.device) -> torch.Tensor:
        real, synthetic = self._batches.draw(self._batch, step / self._steps)
        rows = np.where(synthetic >= 0, len(self._mixture.labels) + synthetic, real)
        x = self._shown(rows, device)
        weights = np.where(synthetic >= 0, self._mixture.use.weight, 1.0).astype(np.float32)
        weight, y = torch.from_numpy(weights).to(device), torch.from_numpy(self._targets[rows]).to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=quick_precision(device.type) == "bfloat16"):
            logits = model(x)
        each = functional.cross_entropy(logits.float() + self._prior.to(device), y, reduction="none")
        loss = (each * weight).sum() / weight.sum()
        self._losses.append(float(loss.detach()))
        return loss

    @property
    def learnt(self) -> Learnt:
        """How the loss went."""
        return Learnt(curve(self._losses))


def labels_of(mixture: Mixture) -> NDArray[np.int64]:
    """The class that each row counts for, the real samples first."""
    if mixture.synthetic is None or not len(mixture.synthetic.labels):
        return mixture.labels
    return np.concatenate([mixture.labels, mixture.synthetic.labels])
