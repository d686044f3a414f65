"""A linear classifier of texts on weighted words and characters: trained in seconds, and hard to beat on few texts.

Both the label filter and the measurement of lift train it. Same texts, labels, settings and seed: same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from synthgen import seeds
from synthgen.contract import LabelContract
from synthgen.errors import ModelError
from synthgen.mixture import Learnt, Mixture, Sampling
from synthgen.models import text_words
from synthgen.models.classifier import Classifier, Judge, Progress
from synthgen.models.mixed_batches import MixedBatches, curve, log_prior
from synthgen.models.text_moves import dropped, limits, varied
from synthgen.models.text_words import Terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

BATCH = 64
USUAL_STEPS = 400
LEARNING_RATE = 0.5
SMOOTHING = 0.05
MOST_WORDS = 1000
MOST_CHARACTERS = 8000
VARIANTS, MOST_ROWS = 6, 20_000
"""How often each training text is shown changed: fewer times where that would make more rows than this."""


@dataclass(frozen=True, slots=True)
class TextClassifier:
    """Terms with their weights (v, classes), and the bias (classes,)."""

    terms: Terms
    weights: Floats
    bias: Floats

    def logits(self, texts: Sequence[str]) -> Floats:
        """One row (classes,) a text."""
        return np.asarray(self.terms.rows(texts) @ self.weights + self.bias, np.float32)


def train_mixture(
    mixture: Mixture, names: Sequence[str], contract: LabelContract, folder: Path, *, steps: int, seed: int,
    progress: Progress | None = None,
) -> Learnt:  # fmt: skip
    """Train on a mixture of texts and fill `folder`; how the loss went. The same arguments, the same bytes.

    Softmax regression by AdaGrad (Duchi et al. 2011) on batches that `MixedBatches` draws.
    """
    classes, sampling, first = len(names), mixture.sampling, len(mixture.labels)
    texts, labels = list(mixture.real), mixture.labels
    targets = np.eye(classes, dtype=np.float32)[labels]
    if mixture.synthetic is not None and len(mixture.synthetic.labels):
        texts += list(mixture.synthetic.payloads)
        targets = np.concatenate([targets, mixture.synthetic.targets])
        labels = np.concatenate([labels, mixture.synthetic.labels])
    targets = targets * (1 - SMOOTHING) + SMOOTHING / classes
    rng = seeds.numpy_rng("text_classifier", seed)
    terms = text_words.fit(texts)
    copies = max(1, min(VARIANTS, MOST_ROWS // len(texts))) if sampling.reach else 0
    bounds = limits(names, contract, sampling.reach)[labels]
    shown = [
        texts,
        *([dropped(t, bound, rng) for t, bound in zip(texts, bounds, strict=True)] for _ in range(copies)),
    ]
    x = terms.rows([text for some in shown for text in some])
    prior = sampling.tau * log_prior(mixture.labels, classes)
    learner, batches, losses = _Learner(x.shape[1], classes), MixedBatches(mixture, seed), list[float]()
    for step in range(steps):
        real, synthetic = batches.draw(BATCH, step / steps)
        rows = np.where(synthetic >= 0, first + synthetic, real)
        weight = np.where(synthetic >= 0, mixture.use.weight, 1.0).astype(np.float32)
        which = rng.integers(copies + 1, size=BATCH) * len(texts)
        rate = LEARNING_RATE * (1 - 0.9 * step / steps)
        losses.append(learner.step(x[rows + which], targets[rows], weight, prior, rate))
        if progress:
            progress(step + 1, steps, losses[-1])
    save(TextClassifier(terms, learner.weights, learner.bias), folder)
    return Learnt(curve(losses))


class _Learner:
    def __init__(self, terms: int, classes: int) -> None:
        self.weights, self.bias = np.zeros((terms, classes), np.float32), np.zeros(classes, np.float32)
        self._seen = np.full((terms, classes), 1e-6, np.float32)
        self._seen_bias = np.full(classes, 1e-6, np.float32)

    def step(self, x: Any, targets: Floats, weight: Floats, prior: Floats, rate: float) -> float:
        """One step on a batch of sparse rows, which touches their own terms alone; the loss before it."""
        from scipy.sparse import csr_matrix

        p = softmax(x @ self.weights + self.bias + prior)
        share = (weight / max(float(weight.sum()), 1e-9))[:, None]
        loss = -float((share * targets * np.log(np.maximum(p, 1e-9))).sum())
        pull = ((p - targets) * share).astype(np.float32)
        own, place = np.unique(x.indices, return_inverse=True)
        gradient = csr_matrix((x.data, place, x.indptr), (len(targets), len(own))).T @ pull
        self._seen[own] += gradient**2
        self.weights[own] -= rate * gradient / np.sqrt(self._seen[own])
        slope = pull.sum(0)
        self._seen_bias += slope**2
        self.bias -= rate * slope / np.sqrt(self._seen_bias)
        return loss


def softmax(logits: NDArray[Any]) -> Floats:
    """Probabilities (n, classes), worked out in float64, so that no row depends on where it stands."""
    x = np.asarray(logits, np.float64)
    x = np.exp(x - x.max(1, keepdims=True))
    return np.asarray(x / x.sum(1, keepdims=True), np.float32)


def save(model: TextClassifier, folder: Path) -> None:
    """Fill a folder with config.json and model.safetensors."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    config = {"kind": "text_classifier", "terms": len(model.weights), "classes": len(model.bias)}
    (folder / "config.json").write_text(json.dumps(config, indent=1))
    held = {
        "codes": model.terms.codes,
        "rarity": model.terms.rarity,
        "weights": model.weights,
        "bias": model.bias,
    }
    save_file(held, folder / "model.safetensors")


def load(folder: Path) -> TextClassifier:
    """The trained classifier. Raises ModelError where the folder holds something else."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        config = json.loads((folder / "config.json").read_text())
        held = load_file(folder / "model.safetensors")
        model = TextClassifier(Terms(held["codes"], held["rarity"]), held["weights"], held["bias"])
        said = config["terms"], config["classes"]
        if not model.weights.shape == said == (len(model.terms.codes), len(model.bias)):
            raise ValueError(f"its weights are {model.weights.shape}")
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise ModelError(
            f"{folder} holds no text classifier of synthgen ({error}). "
            "It needs the config.json and model.safetensors that training wrote; remove the folder to train again."
        ) from error
    return model


def first_words(payload: Any, most: int = MOST_WORDS) -> str:
    """The text, or its first words where it has more than these."""
    text = str(payload)[:MOST_CHARACTERS]
    words = text.split()
    return text if len(words) <= most else " ".join(words[:most])


class TextReference(Classifier):
    """The reference classifier of texts: the weighted terms of each, then softmax regression."""

    def small(self, payload: Any, size: int | None = None) -> str:
        return first_words(payload, size or MOST_WORDS)

    def on_backbone(self, model: str) -> Classifier:
        from synthgen.models import text_backbone

        return text_backbone.shared(model)

    def given(self, model: str, names: Sequence[str], device: str) -> Judge:
        from synthgen.models import text_transformer

        return partial(text_transformer.predict, text_transformer.load(model, names, device))

    def zero_shot(self, model: str, prompts: Sequence[str], device: str) -> Judge:
        from synthgen.models import text_transformer

        return partial(text_transformer.likened, text_transformer.described(model, prompts, device))

    def usual_steps(self, payload: Any) -> int:
        return USUAL_STEPS

    def train(
        self, payloads: Sequence[Any], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract,
        folder: Path, *, steps: int, seed: int, progress: Progress | None = None,
    ) -> None:  # fmt: skip
        # Few texts are told apart without error soon, and then balance alone changes nothing: the prior sets margins.
        mixture = Mixture(payloads, labels, Sampling(balanced=True, tau=1.0))
        train_mixture(mixture, names, contract, folder, steps=steps, seed=seed, progress=progress)

    def train_mixture(
        self, mixture: Mixture, names: Sequence[str], contract: LabelContract, folder: Path, *, steps: int, seed: int,
        progress: Progress | None = None,
    ) -> Learnt:  # fmt: skip
        return train_mixture(mixture, names, contract, folder, steps=steps, seed=seed, progress=progress)

    def varied(
        self, payloads: Sequence[Any], labels: NDArray[np.int64], names: Sequence[str], contract: LabelContract,
        seed: int,
    ) -> list[str]:  # fmt: skip
        return varied(payloads, labels, names, contract, seed)

    def load(self, folder: Path, device: str) -> TextClassifier:
        return load(folder)

    def predict(self, model: TextClassifier, payloads: Sequence[Any]) -> Floats:
        return softmax(model.logits(payloads))


PLUGIN = TextReference
