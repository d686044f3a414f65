"""A small classifier of graphs: sums over neighbours, pooled over the whole (a graph isomorphism network).

Both the label filter and the measurement of lift train it. Same graphs, labels, settings and seed: same bytes.
"""

from __future__ import annotations

import itertools
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
from synthgen.models.graph import Graph
from synthgen.models.graph_input import Columns, Seen, columns_of, seen
from synthgen.models.graph_moves import changed, limits_of
from synthgen.models.mixed_training import MixedLoss, labels_of
from synthgen.models.optimising import optimise

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH = 64
LAYERS = 3
MOST_NODES = 128
BATCH = 32
PREDICTED = 32
"""Graphs at once, the one shape a trained network runs at; fewer are padded."""
LEARNING_RATE = 4e-3


@dataclass(frozen=True, slots=True)
class Config:
    classes: int
    width: int
    layers: int
    columns: dict[str, Any]


class Sums(nn.Module):  # type: ignore[misc]
    """Features (n, places, out) of nodes from their own and the sum of their neighbours'.

    Source: Xu et al. 2019 (how powerful are graph neural networks?), equation 4.1.
    """

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        self.own = nn.Parameter(torch.zeros(()))
        self.first = nn.Linear(inside, outside, bias=False)
        self.second = nn.Linear(outside, outside, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm1d(outside), nn.BatchNorm1d(outside)])

    def forward(self, x: torch.Tensor, edges: torch.Tensor, filled: torch.Tensor) -> torch.Tensor:
        x = self.first((1 + self.own) * x + edges @ x)
        x = self.second(functional.relu(_normed(self.norms[0], x, filled)))
        return functional.relu(_normed(self.norms[1], x, filled))


def _normed(norm: nn.Module, x: torch.Tensor, filled: torch.Tensor) -> torch.Tensor:
    """Batch norm over the filled places; the others stay 0."""
    if not norm.training:
        return norm(x.flatten(0, 1)).reshape(x.shape) * filled[..., None]
    there = filled.flatten().nonzero()[:, 0]
    flat = x.flatten(0, 1)
    return torch.zeros_like(flat).index_copy(0, there, norm(flat.index_select(0, there))).reshape(x.shape)


class GraphClassifier(nn.Module):  # type: ignore[misc]
    """Logits (n, classes) for nodes (n, places, columns), edges (n, places, places) and which places are filled."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, w = config, config.width
        sizes = [Columns(**config.columns).count, *[w] * config.layers]
        self.layers = nn.ModuleList([Sums(a, b) for a, b in itertools.pairwise(sizes)])
        self.hidden = nn.Linear(2 * sum(sizes[1:]) + 2 * sizes[0], w, bias=False)
        self.norm = nn.BatchNorm1d(w)
        self.dropout = nn.Dropout(0.3)
        self.head = nn.Linear(w, config.classes)

    def forward(self, x: torch.Tensor, edges: torch.Tensor, filled: torch.Tensor) -> torch.Tensor:
        count = filled.sum(1, keepdim=True).clamp(min=1)
        pooled = [x.sum(1) / count, x.amax(1)]
        for layer in self.layers:
            x = layer(x, edges, filled)
            pooled += [x.sum(1) / count, x.amax(1)]
        whole = self.dropout(functional.relu(self.norm(self.hidden(torch.cat(pooled, 1)))))
        y: torch.Tensor = self.head(whole)
        return y


class _Once(nn.Module):  # type: ignore[misc]
    """A network of one argument, as MixedLoss calls it."""

    def __init__(self, network: GraphClassifier) -> None:
        super().__init__()
        self.network = network

    def forward(self, shown: tuple[torch.Tensor, ...]) -> torch.Tensor:
        y: torch.Tensor = self.network(*shown)
        return y


def _tensors(some: Seen, device: torch.device) -> tuple[torch.Tensor, ...]:
    return tuple(torch.from_numpy(array).to(device) for array in some)


def train_mixture(
    mixture: Mixture, names: Sequence[str], contract: LabelContract, folder: Path, *, steps: int, seed: int,
    progress: Progress | None = None,
) -> Learnt:  # fmt: skip
    """Train on a mixture of small graphs and fill `folder`; how the loss went. The same arguments, the same bytes."""
    graphs: list[Graph] = list(mixture.real)
    columns = columns_of(graphs, MOST_NODES)
    if mixture.synthetic is not None:
        graphs += list(mixture.synthetic.payloads)
    rng, reach = seeds.numpy_rng("graph_mixture", seed), mixture.sampling.reach
    limits, rows_of = limits_of(contract, list(names), reach), labels_of(mixture)
    still = None if reach else seen(graphs, columns)

    def shown(rows: NDArray[np.int64], device: torch.device) -> Any:
        if still is not None:
            return _tensors(Seen(*(array[rows] for array in still)), device)
        some = [changed(graphs[row], limits[rows_of[row]], rng) for row in rows.tolist()]
        return _tensors(seen(some, columns), device)

    loss = MixedLoss(mixture, len(names), steps, seed, BATCH, shown)
    with seeds.torch_init("graph_classifier", seed):
        network = GraphClassifier(Config(len(names), WIDTH, LAYERS, asdict(columns)))
        trained = optimise(_Once(network), loss, steps, LEARNING_RATE, progress)
    save(trained.network, folder)
    return loss.learnt


def save(network: GraphClassifier, folder: Path) -> None:
    """Fill a folder with config.json and model.safetensors."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(asdict(network.config), indent=1))
    state = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
    save_file(state, folder / "model.safetensors")


def load(folder: Path, device: str = "cpu") -> GraphClassifier:
    """The trained network, ready to predict. Raises ModelError where the folder holds something else."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        model = GraphClassifier(Config(**json.loads((folder / "config.json").read_text())))
        model.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"{folder} holds no classifier of graphs ({error}). It needs the config.json and model.safetensors that "
            "training wrote; remove the folder to train again."
        ) from error
    ready: GraphClassifier = model.eval().to(torch.device(device))
    return ready


class GraphReference(Classifier):
    """The reference classifier of graphs of up to 128 nodes; of larger ones it sees the first."""

    def small(self, payload: Any, size: int | None = None) -> Graph:
        graph: Graph = payload
        most = size or MOST_NODES
        return graph.take(np.arange(most)) if graph.nodes > most else graph

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
        rng, limits = seeds.numpy_rng("varied", seed), limits_of(contract, list(names))
        return [changed(graph, limits[label], rng) for graph, label in zip(payloads, labels, strict=True)]

    def load(self, folder: Path, device: str) -> GraphClassifier:
        return load(folder, device)

    def predict(self, model: GraphClassifier, payloads: Sequence[Any]) -> NDArray[np.float32]:
        """In padded batches of one shape, so that a graph's result knows no neighbours."""
        one_thread()
        device = next(model.parameters()).device
        columns = Columns(**model.config.columns)
        out = np.empty((len(payloads), model.config.classes), np.float32)
        for start in range(0, len(payloads), PREDICTED):
            part = list(payloads[start : start + PREDICTED])
            data = seen(part + [part[0]] * (PREDICTED - len(part)), columns)
            with torch.inference_mode():
                found = model(*_tensors(data, device)).float().softmax(1).cpu().numpy()
            out[start : start + len(part)] = found[: len(part)]
        return out


PLUGIN = GraphReference
