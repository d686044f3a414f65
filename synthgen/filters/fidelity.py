"""Reject what looks like nothing real of its class."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

from pydantic import Field

from synthgen.contract import LabelContract
from synthgen.filter import Filter
from synthgen.generator import Progress
from synthgen.modality import Modality
from synthgen.sample import Candidate, Sample, Verdict
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    import numpy as np

BLOCK = 64
FEW = 30
"""Classes smaller than this borrow what larger ones look like when they are cut to that size."""
TRIALS = 8
SOFT = 0.3
"""A sample with a soft label has to be like the real ones of one of its classes of at least this weight."""


class Model(NamedTuple):
    """Real embeddings, int16 (n, d), rows and distance allowed by class; `any` allows for samples without label."""

    real: np.ndarray
    rows: dict[str, np.ndarray]
    allowed: dict[str, float]
    widest: float


class Fidelity(Filter):
    """Reject a sample that is farther from the real ones of its class than they are from each other.

    Score: cosine distance between embeddings to the k-th nearest real sample of the class. The threshold is the
    distance that `real_share` of the real ones keep to their own k-th nearest, times `slack`.
    Source: Kynkäänniemi et al. 2019 (improved precision and recall), section 2.
    """

    learns: ClassVar[bool] = True

    k: Annotated[int, Field(ge=1, le=50)] = 3
    real_share: Annotated[float, Field(gt=0.5, le=1)] = 0.98
    slack: Annotated[float, Field(ge=1)] = 1.15
    mixed_slack: Annotated[float, Field(ge=1)] = 2.0
    """More slack for soft labels: a mixture lies between its classes."""

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        import numpy as np
        from safetensors.numpy import save_file

        from synthgen.models import nearest

        blocks = []
        for start in range(0, len(train), BLOCK):
            some = [sample.payload for sample in train[start : start + BLOCK]]
            blocks.append(nearest.rounded(modality.embed(some)))
            progress(min(start + BLOCK, len(train)), len(train), "embeddings")
        real = np.concatenate(blocks) if blocks else np.empty((0, 1), np.int16)
        rows: dict[str, list[int]] = {}
        for i, sample in enumerate(train):
            if sample.label is not None:
                rows.setdefault(sample.label, []).append(i)
        by_class = {label: real[some] for label, some in sorted(rows.items())}
        allowed = {label: round(self.slack * self._usual(label, by_class, seed), 5) for label in by_class}
        widest = max(allowed.values(), default=2.0)
        save_file({"real": real}, folder / "real.safetensors")
        (folder / "classes.json").write_text(json.dumps({"rows": rows, "allowed": allowed, "widest": widest}))
        facts: dict[str, Any] = {"distance allowed": allowed}
        if few := [label for label, some in rows.items() if len(some) < min(FEW, 2 * self.k + 2)]:
            facts["notes"] = [
                f"Fidelity of {', '.join(sorted(few))} is judged by how other classes look when cut to the same size: "
                "too few real samples to say."
            ]
        return facts

    def load(self, modality: Modality, folder: Path | None, device: str) -> Model:
        import numpy as np
        from safetensors.numpy import load_file

        where = folder or Path()
        said = json.loads((where / "classes.json").read_text())
        rows = {label: np.array(some) for label, some in said["rows"].items()}
        real = load_file(where / "real.safetensors")["real"]
        return Model(real, rows, said["allowed"], said["widest"])

    def score(self, modality: Modality, batch: Sequence[Candidate], model: Model) -> list[Verdict]:
        from synthgen.models import nearest

        if not batch:
            return []
        seen = nearest.rounded(modality.embed([c.payload for c in batch]))
        return [self._verdict(c, seen[i : i + 1], model) for i, c in enumerate(batch)]

    def _verdict(self, candidate: Candidate, seen: np.ndarray, model: Model) -> Verdict:
        soft = [label for label, weight in (candidate.weights or {}).items() if weight >= SOFT]
        labels: list[str | None] = [*soft] or [candidate.label]
        stretch = self.mixed_slack if candidate.weights and max(candidate.weights.values()) < 1 else 1.0
        verdicts = [self._against(label, seen, model, stretch) for label in labels]
        return min(verdicts, key=lambda v: (not v.passed, v.score - v.threshold))

    def _against(self, label: str | None, seen: np.ndarray, model: Model, stretch: float) -> Verdict:
        if label is not None and label not in model.rows:
            return Verdict(False, 2.0, 0.0, f"there is no real sample of {label!r} to compare with")
        real = model.real if label is None else model.real[model.rows[label]]
        bound = round(stretch * (model.widest if label is None else model.allowed[label]), 5)
        k = min(self.k, len(real))
        apart = float(_kth(seen, real, k)[0]) if k else 0.0
        if apart <= bound:
            return Verdict(True, apart, bound)
        of = "" if label is None else f" of {label}"
        return Verdict(
            False, apart, bound,
            f"unlike the real ones{of}: distance {apart:.3f} to the nearest ({k}.), at most {bound:.3f} is usual",
        )  # fmt: skip

    def _usual(self, label: str, by_class: dict[str, np.ndarray], seed: int) -> float:
        """The distance to the k-th nearest that nearly all real samples keep within, in a class of this size."""
        import numpy as np

        own = by_class[label]
        inside = _inside(own, self.k) if len(own) > 1 else np.empty(0)
        if len(own) >= FEW:
            return float(np.quantile(inside, self.real_share))
        rng = numpy_rng("fidelity", seed, label)
        others = [real for other, real in by_class.items() if other != label and len(real) > len(own) + 1]
        as_small = [inside] if len(inside) else []
        for trial in range(TRIALS if others else 0):
            real = others[trial % len(others)]
            order = rng.permutation(len(real))
            shown, asked = real[order[: len(own)]], real[order[len(own) :][:200]]
            as_small.append(_kth(asked, shown, min(self.k, len(own))))
        return float(np.quantile(np.concatenate(as_small), self.real_share)) if as_small else 2.0


def _kth(asked: np.ndarray, real: np.ndarray, k: int) -> np.ndarray:
    """Cosine distance (n,) of each row of `asked` to its k-th nearest row of `real`."""
    from synthgen.models import nearest

    return (1.0 - nearest.highest(asked, real, k)[:, k - 1].astype(float)).clip(0, 2)


def _inside(real: np.ndarray, k: int) -> np.ndarray:
    """Distance (n,) of each row to its k-th nearest other one."""
    k = min(k, len(real) - 1)
    return _kth(real, real, k + 1)


PLUGIN = Fidelity
