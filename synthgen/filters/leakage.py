"""Reject what resembles the holdout: no measurement could be believed otherwise."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import Field

from synthgen.contract import LabelContract
from synthgen.errors import ModelError
from synthgen.filter import Filter
from synthgen.generator import Progress
from synthgen.modality import Modality
from synthgen.sample import Candidate, Sample, Verdict

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.frozen_head import FrozenHead

MOST_MEASURED = 600
BLOCK = 64
SKETCHED = 1024
TWIN = 1 / 10
"""Of the modality's `leak_tolerance`: nearer ones are the same sample (copied, flipped), and no usual ones."""
FLOOR = 1 / 4
"""Of the modality's `leak_tolerance`: nearer ones count as leaks whatever the real train samples keep.

Measured on digits, hands, blood cells and rubbish: 90 % and more of the disguised copies are nearer, of the real train
samples at most 0.3 %.
"""

SAME = 1e-4
"""Train samples whose features are nearer than this are holdout samples again, and no usual ones."""


class Features(NamedTuple):
    """What a frozen network sees in the holdout, float32 (n, d), and the distance up to which a sample leaks."""

    network: FrozenHead
    device: str
    held: np.ndarray
    threshold: float


class Model(NamedTuple):
    """Fingerprints of the holdout and its parts, int16 (n, d), and the distance up to which a sample leaks."""

    parts: np.ndarray
    threshold: float
    features: Features | None


class Leakage(Filter):
    """Reject a holdout sample, also in disguise: for pictures flipped, cropped or recoloured.

    Score: cosine distance between fingerprints. The threshold is the distance that all but `accused_share` of the
    real train samples keep from the holdout, those left out that are holdout samples themselves. It is never more than
    the modality's `leak_tolerance`, and never less than a quarter of it. With a `backbone` its features are compared
    as well, and a sample leaks too that is nearer by them than all but `accused_share` of train: they know paraphrases.
    """

    sees_holdout: ClassVar[bool] = True
    learns: ClassVar[bool] = True

    accused_share: Annotated[float, Field(ge=0, le=0.2)] = 0.01
    """Real train samples that may count as leaks."""
    backbone: Annotated[str, Field(min_length=1)] | None = None
    """A folder or pinned hub id of a network whose features are compared too: a sentence-transformers model for texts,
    a vision model for pictures."""

    def identity(self) -> dict[str, Any]:
        said = super().identity()
        # Left out where it says nothing: what was judged before there was this setting stays judged.
        return said if self.backbone else {key: value for key, value in said.items() if key != "backbone"}

    def given_model(self) -> Path | None:
        from synthgen.models import hub

        return hub.local_folder(self.backbone) if self.backbone else None

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        import numpy as np
        from safetensors.numpy import save_file

        from synthgen.models import nearest
        from synthgen.seeds import numpy_rng

        parts = []
        for i, sample in enumerate(holdout or ()):
            parts.append(nearest.rounded(modality.parts(sample.payload)))
            progress(i + 1, len(holdout or ()), "holdout")
        held = np.concatenate(parts) if parts else np.empty((0, 1), np.int16)
        save_file({"parts": held}, folder / "holdout.safetensors")
        bound = modality.leak_tolerance
        facts: dict[str, Any] = {"compared with": len(parts)}
        if not parts:
            facts["notes"] = ["There is no holdout: leakage was not checked."]
        elif train:
            chosen = np.sort(numpy_rng("leakage", seed).permutation(len(train))[:MOST_MEASURED])
            apart = _distances(modality, (train[i].payload for i in chosen), held)
            alone = apart[apart >= TWIN * modality.leak_tolerance]
            same = _again(modality, train, holdout or ())
            twins = len({*chosen[apart < TWIN * modality.leak_tolerance].tolist(), *same})
            usual = float(np.quantile(alone, self.accused_share)) if len(alone) else bound
            bound = min(bound, max(usual, FLOOR * modality.leak_tolerance))
            facts |= {
                "real train samples keep": round(usual, 5),
                "threshold": round(bound, 5),
                "train samples compared": len(apart),
                "train samples that are holdout ones": twins,
            }
            if twins:
                facts["notes"] = [
                    f"{twins} of {len(train)} real train samples look like holdout ones ({len(apart)} were compared "
                    "closely, all by their sketches): the splits share samples or subjects, so that what is measured "
                    "on the holdout is too good. Samples made from them are rejected."
                ]
        (folder / "threshold.json").write_text(json.dumps(bound))
        return facts | self._fit_features(modality, train, holdout or (), folder, seed, progress)

    def _fit_features(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample], folder: Path, seed: int,
        progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        """Keep the features of the holdout, and the distance that nearly all real train samples keep from them."""
        import numpy as np
        from safetensors.numpy import save_file

        from synthgen.device import pick_device
        from synthgen.seeds import numpy_rng

        if self.backbone is None:
            return {}
        network, device = _network(modality, self.backbone), pick_device()
        held = _features(network, (s.payload for s in holdout), device, progress, len(holdout))
        chosen = np.sort(numpy_rng("leakage", seed).permutation(len(train))[:MOST_MEASURED])
        apart = _apart(_features(network, (train[i].payload for i in chosen), device), held)
        alone = apart[apart > SAME]
        usual = float(np.quantile(alone, self.accused_share)) if len(alone) else 0.0
        save_file({"features": held}, folder / "features.safetensors")
        (folder / "features.json").write_text(json.dumps(usual))
        return {"real train samples keep, by the backbone": round(usual, 5)}

    def load(self, modality: Modality, folder: Path | None, device: str) -> Model:
        from safetensors.numpy import load_file

        where = folder or Path()
        held = load_file(where / "holdout.safetensors")["parts"]
        features = None
        if self.backbone is not None:
            seen = load_file(where / "features.safetensors")["features"]
            bound = json.loads((where / "features.json").read_text())
            features = Features(_network(modality, self.backbone), device, seen, bound)
        return Model(held, json.loads((where / "threshold.json").read_text()), features)

    def score(self, modality: Modality, batch: Sequence[Candidate], model: Model) -> list[Verdict]:
        apart = _distances(modality, (c.payload for c in batch), model.parts)
        verdicts = [_verdict(d, model.threshold) for d in map(float, apart)]
        if (features := model.features) is None:
            return verdicts
        seen = _features(features.network, (c.payload for c in batch), features.device)
        return [
            _verdict(d, features.threshold, " in the eyes of the backbone") if one.passed else one
            for one, d in zip(verdicts, map(float, _apart(seen, features.held)), strict=True)
        ]


def _verdict(apart: float, threshold: float, whose: str = "") -> Verdict:
    if apart > threshold:
        return Verdict(True, apart, threshold)
    why = f"like a holdout sample{whose}, perhaps in disguise: distance {apart:.4f}, real ones keep {threshold:.4f}"
    return Verdict(False, apart, threshold, why)


def _network(modality: Modality, backbone: str) -> FrozenHead:
    from synthgen.models.classifier import reference
    from synthgen.models.frozen_head import FrozenHead

    found = reference(modality, backbone)
    if not isinstance(found, FrozenHead):
        raise ModelError(
            f"leakage knows no features of {backbone!r} for {modality.name}: leave out `backbone`."
        )
    return found


def _features(
    network: FrozenHead,
    payloads: Iterable[Any],
    device: str,
    progress: Progress | None = None,
    total: int = 0,
) -> np.ndarray:
    """Unit features (n, d) of payloads by a frozen network."""
    import numpy as np

    rows: list[np.ndarray] = []
    for some in batched(payloads, network.at_once):
        rows.append(network.features_of([network.small(payload) for payload in some], device))
        if progress:
            progress(min(len(rows) * network.at_once, total), total, "holdout, by the backbone")
    found = np.concatenate(rows) if rows else np.empty((0, 1), np.float32)
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), np.float32)


def _apart(features: np.ndarray, held: np.ndarray) -> np.ndarray:
    """Cosine distance (n,) of each row of features to the nearest held one; 1 where there is none."""
    import numpy as np

    if not len(held) or not len(features):
        return np.ones(len(features))
    # Row by row, so that no result depends on what else is asked for at once.
    return np.array([1.0 - float((held @ row).max()) for row in features])


def _again(modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample]) -> dict[int, int]:
    """Train samples, by position, that by their sketches are holdout ones again."""
    import numpy as np

    from synthgen.models import minhash

    rows = []
    for samples in (train, holdout):
        blocks = [modality.sketch([s.payload for s in some]) for some in batched(samples, SKETCHED)]
        rows.append(np.concatenate(blocks) if blocks else np.empty((0, 1), np.uint32))
    return minhash.among(rows[0], rows[1]) if len(rows[1]) else {}


def _distances(modality: Modality, payloads: Iterable[Any], parts: np.ndarray) -> np.ndarray:
    """Cosine distance of each payload, in its most suspect view, to the nearest part of the holdout."""
    import numpy as np

    from synthgen.models import nearest

    apart = []
    for some in batched(payloads, BLOCK):
        views = [modality.views(payload) for payload in some]
        found = np.ones(len(views))
        if len(parts):
            prints = modality.fingerprint([view for those in views for view in those])
            best = nearest.highest(nearest.rounded(prints), parts)[:, 0]
            starts = np.cumsum([0, *(len(those) for those in views[:-1])])
            found = np.clip(1.0 - np.maximum.reduceat(best.astype(np.float64), starts), 0, 2)
        apart.append(found)
    return np.concatenate(apart) if apart else np.empty(0)


def batched(payloads: Iterable[Any], n: int) -> Iterator[list[Any]]:
    """Lists of up to `n`, in order."""
    rest = iter(payloads)
    while some := list(islice(rest, n)):
        yield some


PLUGIN = Leakage
