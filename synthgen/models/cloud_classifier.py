"""A small classifier of point clouds: neighbourhoods looked at point by point, pooled over the whole.

Both the label filter and the measurement of lift train it. Same clouds, labels, settings and seed: same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from synthgen import seeds
from synthgen.contract import LabelContract
from synthgen.device import one_thread
from synthgen.errors import ModelError
from synthgen.mixture import Learnt, Mixture
from synthgen.models.classifier import Classifier, Progress
from synthgen.models.cloud_input import Fields, Seen, fields_of, seen
from synthgen.models.cloud_moves import allowed, drawn
from synthgen.models.mixed_training import MixedLoss, labels_of
from synthgen.models.optimising import optimise
from synthgen.models.point_cloud import Cloud

if TYPE_CHECKING:
    from numpy.typing import NDArray

POINTS = 256
CENTRES = 64
NEIGHBOURS = 12
WIDTH = 32
BATCH = 32
PREDICTED = 32
"""Clouds at once, the one shape a trained network runs at; fewer are padded."""
LEARNING_RATE = 4e-3
LOST_SHARE = 0.3
"""In training up to this share of the points is left out."""


@dataclass(frozen=True, slots=True)
class Config:
    classes: int
    width: int
    fields: dict[str, Any]


class Neighbourhood(nn.Module):  # type: ignore[misc]
    """Features (n, m, out) of the first m points from their own and the strongest of what their neighbours add.

    Source: Wang et al. 2019 (DGCNN), section 3.2, with one linear layer an edge: the maximum over edges then needs the
    neighbours' features alone.
    """

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.own = nn.Linear(inside, outside, bias=False)
        self.other = nn.Linear(inside, outside, bias=False)
        self.norm = nn.BatchNorm1d(outside)

    def forward(self, x: torch.Tensor, near: torch.Tensor) -> torch.Tensor:
        other = self.other(x)
        n, points, width = other.shape
        m, k = near.shape[1:]
        rows = (near + points * torch.arange(n, device=x.device)[:, None, None]).flatten()
        gathered = other.reshape(n * points, width).index_select(0, rows).reshape(n, m, k, width)
        edges = gathered.amax(2) + self.own(x[:, :m]) - other[:, :m]
        y: torch.Tensor = functional.relu(self.norm(edges.flatten(0, 1)).reshape(n, m, width))
        return y


class CloudClassifier(nn.Module):  # type: ignore[misc]
    """Logits (n, classes) for features (n, points, d), neighbours (n, points, k) of all points, and neighbours
    (n, centres, k) of the first points among themselves.

    Source: Qi et al. 2017 (PointNet++), section 3.2: points, then neighbourhoods of centres, then the whole.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, w = config, config.width
        self.fine = Neighbourhood(Fields(**config.fields).columns, w)
        self.middle = Neighbourhood(w, 2 * w)
        self.coarse = Neighbourhood(2 * w, 4 * w)
        self.mixed = nn.Linear(7 * w, 8 * w, bias=False)
        self.norm = nn.BatchNorm1d(8 * w)
        self.hidden = nn.Linear(17 * w, 4 * w, bias=False)
        self.hidden_norm = nn.BatchNorm1d(4 * w)
        self.dropout = nn.Dropout(0.3)
        self.head = nn.Linear(4 * w, config.classes)

    def forward(self, x: torch.Tensor, near: torch.Tensor, among: torch.Tensor) -> torch.Tensor:
        m = among.shape[1]
        fine = self.fine(x, near)
        middle = self.middle(fine, near[:, :m])
        coarse = self.coarse(middle, among)
        whole = self.mixed(torch.cat([fine[:, :m], middle, coarse], 2))
        whole = functional.relu(self.norm(whole.flatten(0, 1)).reshape(whole.shape))
        pooled = torch.cat([fine.amax(1), whole.amax(1), whole.mean(1)], 1)
        y: torch.Tensor = self.head(self.dropout(functional.relu(self.hidden_norm(self.hidden(pooled)))))
        return y


def train_mixture(
    mixture: Mixture, names: Sequence[str], contract: LabelContract, folder: Path, *, steps: int, seed: int,
    progress: Progress | None = None,
) -> Learnt:  # fmt: skip
    """Train on a mixture of small clouds and fill `folder`; how the loss went. The same arguments, the same bytes."""
    clouds = list(mixture.real)
    fields = fields_of(clouds)
    if mixture.synthetic is not None:
        clouds += list(mixture.synthetic.payloads)
    data, rng = seen(clouds, fields, POINTS, CENTRES, NEIGHBOURS), seeds.numpy_rng("cloud_mixture", seed)
    reach = mixture.sampling.reach
    rows_of = labels_of(mixture)
    limits = np.array([allowed(contract, name, reach) for name in names], np.float32)[rows_of]

    def shown(rows: NDArray[np.int64], device: torch.device) -> Any:
        some = data.rows(rows)
        if reach:
            some = some.mapped(*drawn(limits[rows], rng), rng).thinned(LOST_SHARE, rng)
        return _tensors(some, device)

    loss = MixedLoss(mixture, len(names), steps, seed, BATCH, shown)
    with seeds.torch_init("cloud_classifier", seed):
        network = CloudClassifier(Config(len(names), WIDTH, asdict(fields)))
        trained = optimise(_Once(network), loss, steps, LEARNING_RATE, progress)
    save(trained.network, folder)
    return loss.learnt


class _Once(nn.Module):  # type: ignore[misc]
    """A network of one argument, as MixedLoss calls it."""

    def __init__(self, network: CloudClassifier) -> None:
        super().__init__()
        self.network = network

    def forward(self, shown: tuple[torch.Tensor, ...]) -> torch.Tensor:
        y: torch.Tensor = self.network(*shown)
        return y


def _tensors(some: Seen, device: torch.device) -> tuple[torch.Tensor, ...]:
    arrays = some.columns(), some.near.astype(np.int64), some.among.astype(np.int64)
    return tuple(torch.from_numpy(array).to(device) for array in arrays)


def save(network: CloudClassifier, folder: Path) -> None:
    """Fill a folder with config.json and model.safetensors."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(asdict(network.config), indent=1))
    state = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
    save_file(state, folder / "model.safetensors")


def load(folder: Path, device: str = "cpu") -> CloudClassifier:
    """The trained network, ready to predict. Raises ModelError where the folder holds something else."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        model = CloudClassifier(Config(**json.loads((folder / "config.json").read_text())))
        model.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"{folder} holds no classifier of point clouds ({error}). It needs the config.json and model.safetensors "
            "that training wrote; remove the folder to train again."
        ) from error
    ready: CloudClassifier = model.eval().to(torch.device(device))
    return ready


class CloudReference(Classifier):
    """The reference classifier of point clouds: 256 of the points, and all that they carry."""

    def small(self, payload: Any, size: int | None = None) -> Cloud:
        cloud: Cloud = payload
        n = size or POINTS
        if len(cloud) <= n:
            return cloud
        return cloud.take(np.linspace(0, len(cloud) - 1, n).round().astype(np.int64))

    def usual_steps(self, payload: Any) -> int:
        return 400

    def train(
        self, payloads: Sequence[Any], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract,
        folder: Path, *, steps: int, seed: int, progress: Progress | None = None,
    ) -> None:  # fmt: skip
        mixture = Mixture(list(payloads), labels)
        train_mixture(mixture, names, contract, folder, steps=steps, seed=seed, progress=progress)

    def train_mixture(
        self, mixture: Mixture, names: Sequence[str], contract: LabelContract, folder: Path, *, steps: int, seed: int,
        progress: Progress | None = None,
    ) -> Learnt:  # fmt: skip
        return train_mixture(mixture, names, contract, folder, steps=steps, seed=seed, progress=progress)

    def varied(
        self, payloads: Sequence[Any], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract,
        seed: int,
    ) -> Sequence[Any]:  # fmt: skip
        if not len(payloads):
            return []
        rng = seeds.numpy_rng("varied", seed)
        matrices, noise = drawn(
            np.array([allowed(contract, name) for name in names], np.float32)[labels], rng
        )
        out = []
        for cloud, matrix, sigma in zip(payloads, matrices, noise, strict=True):
            moved = cloud.mapped(matrix)
            wild = sigma * cloud.size * rng.standard_normal(moved.points.shape, np.float32)
            out.append(moved.moved(moved.points + wild))
        return out

    def load(self, folder: Path, device: str) -> CloudClassifier:
        return load(folder, device)

    def predict(self, model: CloudClassifier, payloads: Sequence[Any]) -> NDArray[np.float32]:
        """In padded batches of one shape, so that a cloud's result knows no neighbours."""
        one_thread()
        device = next(model.parameters()).device
        fields = Fields(**model.config.fields)
        out = np.empty((len(payloads), model.config.classes), np.float32)
        for start in range(0, len(payloads), PREDICTED):
            part = [self.small(payload) for payload in payloads[start : start + PREDICTED]]
            data = seen(part + [part[0]] * (PREDICTED - len(part)), fields, POINTS, CENTRES, NEIGHBOURS)
            with torch.inference_mode():
                found = model(*_tensors(data, device)).float().softmax(1).cpu().numpy()
            out[start : start + len(part)] = found[: len(part)]
        return out


PLUGIN = CloudReference
