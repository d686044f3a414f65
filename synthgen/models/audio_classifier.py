"""A small residual classifier of sounds by their log-mel spectrograms.

Both the label filter and the measurement of lift train it. Same sounds, labels, settings and seed: same bytes.
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
from synthgen.models import sound_features
from synthgen.models.classifier import Classifier, Progress
from synthgen.models.image_classifier import Residual
from synthgen.models.mixed_training import MixedLoss, labels_of
from synthgen.models.optimising import optimise
from synthgen.models.sound_moves import allowed, moved

if TYPE_CHECKING:
    from numpy.typing import NDArray

BANDS = 32
FRAMES_A_BAND = 2
SECONDS = 0.96
"""That the frames are spread over: of a longer sound each frame is longer, a shorter one has silence around it."""
RANGE_DB = 80.0
WIDTH = 16
BATCH = 32
PREDICTED = 32
"""Sounds at once, the one shape a trained network runs at; fewer are padded."""
LEARNING_RATE = 5e-3
PITCHES = 3
"""Parts of the bands that are looked at each for itself: a network that averages over all hears no pitch."""


@dataclass(frozen=True, slots=True)
class Config:
    classes: int
    bands: int
    frames: int
    width: int


class SoundClassifier(nn.Module):  # type: ignore[misc]
    """Logits (n, classes) for levels (n, 1, bands, frames) in 0..1.

    Source: He et al. 2016 (ResNet); Palanisamy et al. 2020 (image networks on spectrograms).
    """

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        w = config.width
        self.stem = nn.Sequential(
            nn.PixelUnshuffle(2), nn.Conv2d(4, w, 3, 1, 1, bias=False), nn.BatchNorm2d(w), nn.ReLU()
        )
        self.blocks = nn.Sequential(Residual(w, 2 * w), Residual(2 * w, 4 * w), Residual(4 * w, 4 * w))
        self.head = nn.Linear(2 * 4 * w * PITCHES, config.classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        seen = self.blocks(self.stem((2 * x - 1).contiguous(memory_format=torch.channels_last)))
        over_bands = functional.adaptive_avg_pool2d(seen, (PITCHES, seen.shape[3]))
        pooled = torch.cat([over_bands.mean(3), over_bands.amax(3)], 1).flatten(1)
        y: torch.Tensor = self.head(pooled)
        return y


def shown(sound: Any, bands: int = BANDS) -> NDArray[np.uint8]:
    """Levels (bands, frames) from the loudest, 255, down to 80 dB below it."""
    levels, frames = sound_features.log_mel(sound, bands), FRAMES_A_BAND * bands
    n = round(frames * min(1.0, sound.seconds / SECONDS))
    levels = sound_features.pooled(levels, max(1, n))
    steps = np.rint(255 * np.clip(1 + (levels - levels.max()) / RANGE_DB, 0, 1)).astype(np.uint8)
    out = np.zeros((frames, bands), np.uint8)
    first = (frames - len(steps)) // 2
    out[first : first + len(steps)] = steps
    return np.ascontiguousarray(out.T)


def as_input(sounds: NDArray[np.uint8], device: torch.device) -> torch.Tensor:
    """Float (n, 1, bands, frames) in 0..1 from uint8 (n, bands, frames)."""
    return torch.from_numpy(sounds).to(device)[:, None].float() / 255


def new(classes: int, bands: int, frames: int, seed: int) -> SoundClassifier:
    """A network that knows nothing yet."""
    with seeds.torch_init("audio_classifier", seed):
        return SoundClassifier(Config(int(classes), bands, frames, WIDTH))


def save(network: SoundClassifier, folder: Path) -> None:
    """Fill a folder with config.json and model.safetensors."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(asdict(network.config), indent=1))
    state = {k: v.detach().cpu().contiguous() for k, v in network.state_dict().items()}
    save_file(state, folder / "model.safetensors")


def load(folder: Path, device: str = "cpu") -> SoundClassifier:
    """The trained network, ready to predict. Raises ModelError where the folder holds something else."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        model = SoundClassifier(Config(**json.loads((folder / "config.json").read_text())))
        model.load_state_dict(load_file(folder / "model.safetensors"))
    except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        raise ModelError(
            f"{folder} holds no classifier of sounds ({error}). It needs the config.json and model.safetensors that "
            "training wrote; remove the folder to train again."
        ) from error
    ready: SoundClassifier = model.eval().to(torch.device(device), memory_format=torch.channels_last)
    return ready


def train_mixture(
    mixture: Mixture, names: Sequence[str], contract: LabelContract, folder: Path, *, steps: int, seed: int,
    progress: Progress | None = None,
) -> Learnt:  # fmt: skip
    """Train on a mixture of small sounds and fill `folder`; how the loss went. The same arguments, the same bytes."""
    sounds = list(mixture.real)
    if mixture.synthetic is not None:
        sounds += list(mixture.synthetic.payloads)
    data, rng = np.stack(sounds), seeds.numpy_rng("audio_mixture", seed)
    reach = mixture.sampling.reach
    limits = _limits(names, contract, reach)[labels_of(mixture)]

    def looked_at(rows: NDArray[np.int64], device: torch.device) -> torch.Tensor:
        x = as_input(data[rows], device)
        return moved(x, limits[rows], rng) if reach else x

    loss = MixedLoss(mixture, len(names), steps, seed, BATCH, looked_at)
    network = new(len(names), data.shape[1], data.shape[2], seed)
    save(optimise(network, loss, steps, LEARNING_RATE, progress), folder)
    return loss.learnt


def _limits(names: Sequence[str], contract: LabelContract, reach: float = 1.0) -> NDArray[np.float32]:
    return np.array([allowed(contract, name, reach) for name in names], np.float32)


class AudioReference(Classifier):
    """The reference classifier of sounds: their log-mel spectrograms, 32 bands by 64 frames."""

    def small(self, payload: Any, size: int | None = None) -> NDArray[np.uint8]:
        return shown(payload, size or BANDS)

    def embed(self, modality: Modality, payloads: Sequence[Any]) -> NDArray[np.float32]:
        levels = [(payload.T / np.float32(255) - 1) * np.float32(RANGE_DB) for payload in payloads]
        return sound_features.embed_levels(levels)

    def usual_steps(self, payload: Any) -> int:
        return 300

    def train(
        self, payloads: Sequence[Any], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract,
        folder: Path, *, steps: int, seed: int, progress: Progress | None = None,
    ) -> None:  # fmt: skip
        mixture = Mixture(list(payloads), labels)
        self.train_mixture(mixture, names, contract, folder, steps=steps, seed=seed, progress=progress)

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
        x = as_input(np.stack(payloads), torch.device("cpu"))
        x = moved(x, _limits(names, contract)[labels], seeds.numpy_rng("varied", seed))
        return list((x[:, 0] * 255).round().to(torch.uint8).numpy())

    def load(self, folder: Path, device: str) -> SoundClassifier:
        return load(folder, device)

    def predict(self, model: SoundClassifier, payloads: Sequence[Any]) -> NDArray[np.float32]:
        """In padded batches of one shape, so that a sound's result knows no neighbours."""
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


PLUGIN = AudioReference
