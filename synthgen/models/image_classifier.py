"""A compact residual classifier of pictures: good for its size on one CPU core, trained in seconds.

Both the label filter and the measurement of lift train it. Same pictures, labels, settings and seed: same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import partial
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
from synthgen.models.classifier import Classifier, Judge
from synthgen.models.image_moves import Augment, allowed, moved
from synthgen.models.optimising import optimise
from synthgen.models.resizing import resized

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 64  # the one shape a trained network runs at; fewer pictures are padded with blanks
Progress = Callable[[int, int, float], None]


@dataclass(frozen=True, slots=True)
class Config:
    classes: int
    size: int
    width: int
    stages: int


class Residual(nn.Module):  # type: ignore[misc]
    """Two 3x3 convolutions beside a shortcut; halves the sides when it widens.

    Source: He et al. 2016 (ResNet), average-pooled shortcut of He et al. 2019 (ResNet-D).
    """

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        stride = 1 if inside == outside else 2
        self.first = nn.Conv2d(inside, outside, 3, stride, 1, bias=False)
        self.second = nn.Conv2d(outside, outside, 3, 1, 1, bias=False)
        self.norms = nn.ModuleList([nn.BatchNorm2d(outside), nn.BatchNorm2d(outside)])
        self.short = (
            nn.Identity()
            if stride == 1
            else nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(inside, outside, 1, bias=False))
        )
        nn.init.zeros_(self.norms[1].weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = functional.relu(self.norms[0](self.first(x)))
        out: torch.Tensor = functional.relu(self.short(x) + self.norms[1](self.second(y)))
        return out


class ImageClassifier(nn.Module):  # type: ignore[misc]
    """Logits (n, classes) for float pictures (n, 3, size, size) in -1..1."""

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        widths = [config.width * min(2**i, 4) for i in range(config.stages)]
        self.stem = nn.Sequential(
            nn.PixelUnshuffle(2),
            nn.Conv2d(12, widths[0], 3, 1, 1, bias=False),
            nn.BatchNorm2d(widths[0]),
            nn.ReLU(),
        )
        blocks = [Residual(widths[max(i - 1, 0)], w) for i, w in enumerate(widths)]
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(widths[-1], config.classes)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.blocks(self.stem(x))
        return y.mean((2, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y: torch.Tensor = self.head(self.features(x))
        return y


def fit_size(pictures: Sequence[NDArray[np.uint8]] | NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Pictures of any sizes as one uint8 array (n, size, size, 3)."""
    out = np.empty((len(pictures), size, size, 3), np.uint8)
    for row, picture in zip(out, pictures, strict=True):
        row[:] = resized(picture, size, size)
    return out


def as_input(pictures: NDArray[np.uint8], device: torch.device) -> torch.Tensor:
    """Float pictures (n, 3, h, w) in -1..1."""
    # Stays channels-last in memory: a third faster.
    x = torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2)
    return x.float() / 127.5 - 1


def balanced_draw(
    labels: NDArray[np.int64], n: int, balance: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Row numbers of `n` training samples: a share `balance` spread evenly over the classes, the rest over the rows."""
    counts = np.bincount(labels)
    even = 1.0 / (counts[labels] * (counts > 0).sum())
    return rng.choice(len(labels), n, p=balance * even + (1 - balance) / len(labels))


def train(
    pictures: Sequence[NDArray[np.uint8]] | NDArray[np.uint8],
    labels: NDArray[np.int64],
    classes: int,
    folder: Path,
    *,
    size: int = 32,
    steps: int = 200,
    batch: int = 32,
    width: int = 24,
    seed: int = 0,
    augment: Sequence[Augment] | None = None,
    balance: float = 1.0,
    smoothing: float = 0.05,
    learning_rate: float = 6e-3,
    progress: Progress | None = None,
) -> None:
    """Train on uint8 pictures (n, h, w, 3) with labels 0..classes-1; `folder` gets config.json and model.safetensors.

    `augment` says for each class how far its pictures may be moved; 200 steps at size 32 take 4 CPU seconds.
    """
    data = fit_size(pictures, size)
    limits = np.array(augment or [Augment()] * classes, np.float32)
    rng = seeds.numpy_rng("image_classifier", seed)

    def loss_of(model: nn.Module, step: int, device: torch.device) -> torch.Tensor:
        rows = balanced_draw(labels, batch, balance, rng)
        x = moved(as_input(data[rows], device), limits[labels[rows]], rng)
        y = torch.from_numpy(labels[rows]).to(device)
        return functional.cross_entropy(model(x), y, label_smoothing=smoothing)

    network = new(classes, size, width, seed)
    save(optimise(network, loss_of, steps, learning_rate, progress), folder)


def new(classes: int, size: int, width: int, seed: int) -> ImageClassifier:
    """A network that knows nothing yet."""
    stages = max(3, round(np.log2(size)) - 2)  # ends on a 4x4 grid
    with seeds.torch_init("image_classifier", seed):
        return ImageClassifier(Config(int(classes), size, width, stages))


def save(network: ImageClassifier, folder: Path) -> None:
    """Fill a folder with config.json and model.safetensors."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(asdict(network.config), indent=1))
    state = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
    save_file(state, folder / "model.safetensors")


def load(folder: Path, device: str = "cpu") -> ImageClassifier:
    """The trained network, ready to predict. Raises ModelError where the folder holds something else."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        config = Config(**json.loads((folder / "config.json").read_text()))
        model = ImageClassifier(config)
        model.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"{folder} holds no image classifier of synthgen ({error}). "
            "It needs the config.json and model.safetensors that training wrote; remove the folder to train again."
        ) from error
    ready: ImageClassifier = model.eval().to(torch.device(device), memory_format=torch.channels_last)
    return ready


def _run(
    model: ImageClassifier,
    pictures: Sequence[NDArray[np.uint8]],
    function: Callable[[torch.Tensor], torch.Tensor],
    columns: int,
) -> NDArray[np.float32]:
    """Apply a network function in padded batches of one shape, so that a picture's result knows no neighbours."""
    one_thread()
    device = next(model.parameters()).device
    out = np.empty((len(pictures), columns), np.float32)
    for start in range(0, len(pictures), BATCH):
        part = fit_size(pictures[start : start + BATCH], model.config.size)
        padded = np.zeros((BATCH, *part.shape[1:]), np.uint8)
        padded[: len(part)] = part
        with torch.inference_mode():
            found = function(as_input(padded, device)).float().cpu().numpy()
        out[start : start + len(part)] = found[: len(part)]
    return out


def predict(model: ImageClassifier, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Class probabilities (n, classes), the same for any split of the pictures into batches."""
    return _run(model, pictures, lambda x: model(x).softmax(1), model.config.classes)


def embed(model: ImageClassifier, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Features (n, d) before the last layer, each row of length 1."""
    return _run(model, pictures, lambda x: functional.normalize(model.features(x)), model.head.in_features)


class ImageReference(Classifier):
    """The reference classifier of pictures: their sides are brought to one size, then `train` and `predict`."""

    def small(self, payload: Any, size: int | None = None) -> NDArray[np.uint8]:
        side = size or (32 if min(payload.shape[:2]) <= 40 else 48)
        return fit_size([payload], side).reshape(side, side, 3)

    def usual_steps(self, payload: Any) -> int:
        return 200 if payload.shape[0] <= 32 else 400

    def on_backbone(self, model: str) -> Classifier:
        from synthgen.models import image_backbone

        return image_backbone.shared(model)

    def given(self, model: str, names: Sequence[str], device: str) -> Judge:
        from synthgen.models import image_transformer

        return partial(image_transformer.predict, image_transformer.load(model, names, device))

    def zero_shot(self, model: str, prompts: Sequence[str], device: str) -> Judge:
        from synthgen.models import image_clip

        return partial(image_clip.predict, image_clip.load(model, prompts, device))

    def train(
        self, payloads: Sequence[Any], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract,
        folder: Path, *, steps: int, seed: int, progress: Progress | None = None,
    ) -> None:  # fmt: skip
        size = max(p.shape[0] for p in payloads)
        augment = [allowed(contract, name) for name in names]
        train(
            fit_size(payloads, size), labels, len(names), folder,
            size=size, steps=steps, seed=seed, augment=augment, progress=progress,
        )  # fmt: skip

    def train_mixture(
        self, mixture: Mixture, names: Sequence[str], contract: LabelContract, folder: Path, *, steps: int, seed: int,
        progress: Progress | None = None,
    ) -> Learnt:  # fmt: skip
        from synthgen.models.image_mixture import train_mixture

        return train_mixture(mixture, names, contract, folder, steps=steps, seed=seed, progress=progress)

    def varied(
        self, payloads: Sequence[Any], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract,
        seed: int,
    ) -> Sequence[Any]:  # fmt: skip
        from synthgen.models.image_mixture import varied

        return varied(payloads, labels, names, contract, seed)

    def load(self, folder: Path, device: str) -> ImageClassifier:
        return load(folder, device)

    def predict(self, model: ImageClassifier, payloads: Sequence[Any]) -> NDArray[np.float32]:
        return predict(model, payloads)


PLUGIN = ImageReference
