"""A small classifier of clips: what frames show, how they differ from the ones before, pooled over time.

Both the label filter and the measurement of lift train it. Same clips, labels, settings and seed: same bytes.
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
from synthgen.modality import Modality
from synthgen.models import clip_features
from synthgen.models.classifier import Classifier, Progress
from synthgen.models.image_classifier import Residual
from synthgen.models.image_moves import allowed, moved
from synthgen.models.mixed_training import MixedLoss, labels_of
from synthgen.models.optimising import optimise

if TYPE_CHECKING:
    from numpy.typing import NDArray

FRAMES = 16
SIDE = 32
WIDTH = 12
BATCH = 24
PREDICTED = 16
"""Clips at once, the one shape a trained network runs at; fewer are padded."""
LEARNING_RATE = 5e-3
HURRY = 0.15
"""In training a clip begins and ends by up to this share of itself later or earlier, where the contract allows it."""


@dataclass(frozen=True, slots=True)
class Config:
    classes: int
    frames: int
    side: int
    width: int


class ClipClassifier(nn.Module):  # type: ignore[misc]
    """Logits (n, classes) for float clips (n, frames * 3, side, side) in -1..1.

    Source: Wang et al. 2016 (temporal segment networks): frames and their differences; the temporal convolution of Lea
    et al. 2017 over them, mean and maximum pooled.
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        w = config.width
        self.stem = nn.Sequential(
            nn.PixelUnshuffle(2), nn.Conv2d(24, w, 3, 1, 1, bias=False), nn.BatchNorm2d(w), nn.ReLU()
        )
        self.blocks = nn.Sequential(Residual(w, 2 * w), Residual(2 * w, 4 * w), Residual(4 * w, 4 * w))
        self.time = nn.Sequential(
            nn.Conv1d(4 * w * 4, 8 * w, 3, 1, 1, bias=False), nn.BatchNorm1d(8 * w), nn.ReLU(),
            nn.Conv1d(8 * w, 8 * w, 3, 1, 2, dilation=2, bias=False), nn.BatchNorm1d(8 * w), nn.ReLU(),
        )  # fmt: skip
        self.head = nn.Linear(16 * w, config.classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, frames = len(x), self.config.frames
        clip = x.reshape(n, frames, 3, *x.shape[2:])
        change = torch.cat([clip[:, :1] * 0, clip[:, 1:] - clip[:, :-1]], 1)
        both = torch.cat([clip, 2 * change], 2).flatten(0, 1).contiguous(memory_format=torch.channels_last)
        seen = functional.adaptive_avg_pool2d(self.blocks(self.stem(both)), 2).flatten(1)
        over_time = self.time(seen.reshape(n, frames, -1).transpose(1, 2))
        pooled = torch.cat([over_time.mean(2), over_time.amax(2)], 1)
        y: torch.Tensor = self.head(pooled)
        return y


def as_input(clips: NDArray[np.uint8], device: torch.device) -> torch.Tensor:
    """Float (n, frames * 3, side, side) in -1..1 from uint8 (n, frames, side, side, 3)."""
    n, frames, side = clips.shape[:3]
    x = torch.from_numpy(clips).to(device).permute(0, 1, 4, 2, 3).reshape(n, frames * 3, side, side)
    return x.float() / 127.5 - 1


def new(classes: int, frames: int, side: int, seed: int) -> ClipClassifier:
    """A network that knows nothing yet."""
    with seeds.torch_init("video_classifier", seed):
        return ClipClassifier(Config(int(classes), frames, side, WIDTH))


def save(network: ClipClassifier, folder: Path) -> None:
    """Fill a folder with config.json and model.safetensors."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(asdict(network.config), indent=1))
    save_file(
        {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()},
        folder / "model.safetensors",
    )


def load(folder: Path, device: str = "cpu") -> ClipClassifier:
    """The trained network, ready to predict. Raises ModelError where the folder holds something else."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        model = ClipClassifier(Config(**json.loads((folder / "config.json").read_text())))
        model.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"{folder} holds no classifier of clips ({error}). It needs the config.json and model.safetensors that "
            "training wrote; remove the folder to train again."
        ) from error
    ready: ClipClassifier = model.eval().to(torch.device(device))
    return ready


def train_mixture(
    mixture: Mixture, names: Sequence[str], contract: LabelContract, folder: Path, *, steps: int, seed: int,
    progress: Progress | None = None,
) -> Learnt:  # fmt: skip
    """Train on a mixture of small clips and fill `folder`; how the loss went. The same arguments, the same bytes."""
    clips = list(mixture.real)
    if mixture.synthetic is not None:
        clips += list(mixture.synthetic.payloads)
    data, rng = np.stack(clips), seeds.numpy_rng("video_mixture", seed)
    reach = mixture.sampling.reach
    rows_of = labels_of(mixture)
    limits = np.array([allowed(contract, name, reach) for name in names], np.float32)[rows_of]
    hurry = np.array([reach * _hurry(contract, name) for name in names], np.float32)[rows_of]

    def shown(rows: NDArray[np.int64], device: torch.device) -> torch.Tensor:
        if not reach:
            return as_input(data[rows], device)
        hurried = np.stack([_hurried(data[row], hurry[row], rng) for row in rows])
        return moved(as_input(hurried, device), limits[rows], rng)

    loss = MixedLoss(mixture, len(names), steps, seed, BATCH, shown)
    network = new(len(names), data.shape[1], data.shape[2], seed)
    save(optimise(network, loss, steps, LEARNING_RATE, progress), folder)
    return loss.learnt


def _hurry(contract: LabelContract, label: str) -> float:
    """How far the ends of a clip may be moved while it stays its class."""
    rule = contract.rule(label, "crop_time")
    return (
        HURRY
        if rule is None
        else HURRY
        if rule.allow and rule.up_to is None
        else min(HURRY, rule.up_to or 0.0)
    )


def _hurried(clip: NDArray[np.uint8], most: float, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Frames (frames, side, side, 3) of a stretch of the clip, as many as it has."""
    n = len(clip)
    late, early = rng.uniform(0, most, 2)
    places = n * late + (np.arange(n) + 0.5) * (1 - late - early)
    picked: NDArray[np.uint8] = clip[places.astype(int).clip(0, n - 1)]
    return picked


class VideoReference(Classifier):
    """The reference classifier of clips: sixteen frames, 32 pixels a side."""

    def small(self, payload: Any, size: int | None = None) -> NDArray[np.uint8]:
        return clip_features.shrunk(payload, size or SIDE, FRAMES)

    def embed(self, modality: Modality, payloads: Sequence[Any]) -> NDArray[np.float32]:
        return clip_features.embed_frames(payloads)

    def usual_steps(self, payload: Any) -> int:
        return 300

    def train(
        self, payloads: Sequence[Any], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract,
        folder: Path, *, steps: int, seed: int, progress: Progress | None = None,
    ) -> None:  # fmt: skip
        self.train_mixture(
            Mixture(list(payloads), labels),
            names,
            contract,
            folder,
            steps=steps,
            seed=seed,
            progress=progress,
        )

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
        limits = np.array([allowed(contract, name) for name in names], np.float32)[labels]
        data = np.stack(payloads)
        x = moved(as_input(data, torch.device("cpu")), limits, seeds.numpy_rng("varied", seed))
        back = ((x.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
        n, frames, side = data.shape[:3]
        return list(back.reshape(n, frames, 3, side, side).permute(0, 1, 3, 4, 2).contiguous().numpy())

    def load(self, folder: Path, device: str) -> ClipClassifier:
        return load(folder, device)

    def predict(self, model: ClipClassifier, payloads: Sequence[Any]) -> NDArray[np.float32]:
        """In padded batches of one shape, so that a clip's result knows no neighbours."""
        one_thread()
        device = next(model.parameters()).device
        out = np.empty((len(payloads), model.config.classes), np.float32)
        for start in range(0, len(payloads), PREDICTED):
            part = np.stack(payloads[start : start + PREDICTED])
            padded = np.zeros((PREDICTED, *part.shape[1:]), np.uint8)
            padded[: len(part)] = part
            with torch.inference_mode():
                found = model(as_input(padded, device)).float().softmax(1).cpu().numpy()
            out[start : start + len(part)] = found[: len(part)]
        return out


PLUGIN = VideoReference
