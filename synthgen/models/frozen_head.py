"""A linear head on the features of a frozen network: the reference classifier of whoever has a pretrained one.

What the network sees of a sample is computed once; only the head is trained, in seconds.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from synthgen import seeds
from synthgen.contract import LabelContract
from synthgen.device import one_thread, pick_device
from synthgen.errors import ModelError
from synthgen.mixture import Learnt, Mixture
from synthgen.models.classifier import Classifier, Progress
from synthgen.models.feature_cache import FeatureCache
from synthgen.models.mixed_batches import MixedBatches, curve, log_prior
from synthgen.models.optimising import optimise

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 128
STEPS = 500
"""On 400 real digits a head on a small random ViT had 74 % of the holdout right after 500 steps, 76 after 1,500 (which
lift takes) and 75 after 3,000; on a ResNet 89, 90 and 90. Without whitening, 3,000 steps left the ViT at 59."""
SMOOTHING = 0.05
RATE = 0.4
"""Learning rate of a head on one feature; on d it is divided by the root of d, so that logits move alike fast."""
SHRINKAGE = 0.1
"""How far features stay as correlated as they are."""


@dataclass(frozen=True, slots=True)
class Config:
    classes: int
    features: int
    network: str


class Head(nn.Module):  # type: ignore[misc]
    """Logits (n, classes) for features (n, d)."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.weight = nn.Parameter(torch.zeros(config.classes, config.features))
        self.bias = nn.Parameter(torch.zeros(config.classes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = functional.linear(x, self.weight, self.bias)
        return y


class Whitening(NamedTuple):
    """Takes the mean (d,) out of features and turns and scales them by a matrix (d, d) until they are uncorrelated:
    then few steps reach all directions. Float64."""

    mean: torch.Tensor
    matrix: torch.Tensor

    def apply(self, seen: NDArray[np.float32]) -> torch.Tensor:
        """Whitened features, of the same shape (n, views, d)."""
        return (torch.from_numpy(seen) - self.mean.float()) @ self.matrix.float()

    def undone(self, head: Head) -> Head:
        """The head that says of features as they are what this one says of whitened ones."""
        weight = head.weight.detach().cpu().double() @ self.matrix.T
        plain = Head(head.config)
        plain.load_state_dict({"weight": weight, "bias": head.bias.detach().cpu() - weight @ self.mean})
        return plain


class Loaded(NamedTuple):
    """A trained head, on the CPU, and the device of the network below it."""

    head: Head
    device: str


class FrozenHead(Classifier):
    """Base of classifiers on frozen networks: a subclass fills `small`, `key`, `features_of`, `varied`, `identity`."""

    views: ClassVar[int] = 4
    """In how many ways a training sample is varied; 0 where the modality varies nothing. Each costs as much as the
    sample itself, once; a frozen network that was trained on moved pictures tells few more of them apart."""
    at_once: ClassVar[int] = 16
    """Samples of one padded batch."""

    def __init__(self) -> None:
        self._features = FeatureCache()

    def key(self, payload: Any) -> Hashable:
        """What decides a small payload's features."""
        raise NotImplementedError

    def features_of(self, payloads: Sequence[Any], device: str) -> NDArray[np.float32]:
        """Features (n, d) of at most `at_once` small payloads, from one padded batch."""
        raise NotImplementedError

    def varied(
        self, payloads: Sequence[Any], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract,
        seed: int, reach: float = 1.0,
    ) -> Sequence[Any]:  # fmt: skip
        """Each small payload changed once, `reach` times as far as is usual, inside the contract."""
        raise NotImplementedError

    def usual_steps(self, payload: Any) -> int:
        return STEPS

    def features(self, payloads: Sequence[Any], device: str) -> NDArray[np.float32]:
        """Features (n, d), computed unless they are known."""
        keys = [(device, self.key(payload)) for payload in payloads]
        return self._features.get(
            keys, self.at_once, lambda places: self.features_of([payloads[i] for i in places], device)
        )

    def train(
        self, payloads: Sequence[Any], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract,
        folder: Path, *, steps: int, seed: int, progress: Progress | None = None,
    ) -> None:  # fmt: skip
        mixture = Mixture(payloads, labels)
        self.train_mixture(mixture, names, contract, folder, steps=steps, seed=seed, progress=progress)

    def train_mixture(
        self, mixture: Mixture, names: Sequence[str], contract: LabelContract, folder: Path, *, steps: int, seed: int,
        progress: Progress | None = None,
    ) -> Learnt:  # fmt: skip
        classes, sampling, first = len(names), mixture.sampling, len(mixture.labels)
        payloads, labels = list(mixture.real), mixture.labels
        targets = np.eye(classes, dtype=np.float32)[labels]
        if mixture.synthetic is not None and len(mixture.synthetic.labels):
            payloads += list(mixture.synthetic.payloads)
            labels = np.concatenate([labels, mixture.synthetic.labels])
            targets = np.concatenate([targets, mixture.synthetic.targets])
        seen = self._seen(payloads, labels, names, contract, sampling.reach)
        whitening = _whitening(seen[:first])
        white, head = whitening.apply(seen), Head(Config(classes, seen.shape[2], self.identity()))
        prior = torch.from_numpy(sampling.tau * log_prior(mixture.labels, classes))
        batches, rng, losses = (
            MixedBatches(mixture, seed),
            seeds.numpy_rng("frozen_head", seed),
            list[float](),
        )

        def loss_of(model: nn.Module, step: int, device: torch.device) -> torch.Tensor:
            real, synthetic = batches.draw(BATCH, step / steps)
            rows = np.where(synthetic >= 0, first + synthetic, real)
            x = white[rows, rng.integers(seen.shape[1], size=BATCH)].to(device)
            y = torch.from_numpy(targets[rows] * (1 - SMOOTHING) + SMOOTHING / classes).to(device)
            weight = np.where(synthetic >= 0, mixture.use.weight, 1.0).astype(np.float32)
            share = torch.from_numpy(weight / weight.sum()).to(device)
            each = functional.cross_entropy(model(x) + prior.to(device), y, reduction="none")
            loss = (each * share).sum()
            losses.append(float(loss.detach()))
            return loss

        trained = optimise(head, loss_of, steps, RATE / seen.shape[2] ** 0.5, progress)
        _save(whitening.undone(trained), folder)
        return Learnt(curve(losses))

    def load(self, folder: Path, device: str) -> Loaded:
        return Loaded(_load(folder, self.identity()), device)

    def predict(self, model: Loaded, payloads: Sequence[Any]) -> NDArray[np.float32]:
        one_thread()
        out = np.empty((len(payloads), model.head.config.classes), np.float32)
        rows = self.features(payloads, model.device)
        for start in range(0, len(payloads), BATCH):
            part = rows[start : start + BATCH]
            padded = np.zeros((BATCH, model.head.config.features), np.float32)
            padded[: len(part)] = part
            with torch.inference_mode():
                found = model.head(torch.from_numpy(padded)).softmax(1).numpy()
            out[start : start + len(part)] = found[: len(part)]
        return out

    def _seen(
        self, payloads: Sequence[Any], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract,
        reach: float,
    ) -> NDArray[np.float32]:  # fmt: skip
        """Features (n, 1 + views, d) of each payload, itself first, and of its variations; of itself alone at 0."""
        device, shown = pick_device(), [payloads]
        for i in range(self.views if reach else 0):
            shown.append(self.varied(payloads, labels, names, contract, i, reach))
        return np.stack([self.features(one, device) for one in shown], 1)


def _whitening(real: NDArray[np.float32]) -> Whitening:
    """From the features (n, views, d) of real samples, shrunk toward features that are only scaled."""
    one_thread()
    rows = torch.from_numpy(real.reshape(-1, real.shape[2])).double()
    mean, spread = rows.mean(0), rows.std(0, correction=0)
    # A feature that is all but constant in train would drown the others in test.
    usual = float(spread[spread > 0].median()) if (spread > 0).any() else 1.0
    spread = spread.clamp(min=0.05 * usual)
    rows = (rows - mean) / spread
    values, axes = torch.linalg.eigh(rows.T @ rows / len(rows))
    root = ((1 - SHRINKAGE) * values.clamp(min=0) + SHRINKAGE * values.mean().clamp(min=1e-6)).sqrt()
    return Whitening(mean, axes / root / spread[:, None])


def _save(head: Head, folder: Path) -> None:
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(asdict(head.config), indent=1))
    save_file(
        {k: v.detach().cpu().contiguous() for k, v in head.state_dict().items()}, folder / "model.safetensors"
    )


def _load(folder: Path, network: str) -> Head:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        config = Config(**json.loads((folder / "config.json").read_text()))
        head = Head(config)
        head.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"{folder} holds no trained head of synthgen ({error}). It needs the config.json and model.safetensors "
            f"that training wrote; remove the folder to train again."
        ) from error
    if config.network != network:
        raise ModelError(
            f"{folder} holds a head that was trained on another network than the one that is named. "
            f"Remove it to train again."
        )
    head.eval()
    return head
