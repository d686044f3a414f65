"""Reject what is a train sample again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import PositiveFloat

from synthgen.contract import LabelContract
from synthgen.filter import Filter
from synthgen.generator import Progress
from synthgen.modality import Modality
from synthgen.sample import Candidate, Sample, Verdict

if TYPE_CHECKING:
    import numpy as np

BLOCK = 64


class NearCopy(Filter):
    """Reject a train sample that was no more than encoded again, rescaled, or changed by a trifle.

    Score: the largest difference between the signatures of the sample and of the nearest train sample.
    Source: exact search in blocks, as in deduplication of training data (Lee et al. 2022, section 4).
    """

    learns: ClassVar[bool] = True

    tolerance: PositiveFloat | None = None
    """Differences up to this are copies; the modality's own, if not given."""

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        import numpy as np
        from safetensors.numpy import save_file

        blocks = []
        for start in range(0, len(train), BLOCK):
            some = [sample.payload for sample in train[start : start + BLOCK]]
            blocks.append(modality.signature(some).astype(np.float16))
            progress(min(start + BLOCK, len(train)), len(train), "signatures")
        held = np.concatenate(blocks) if blocks else np.empty((0, 1), np.float16)
        save_file({"signatures": held}, folder / "train.safetensors")
        return {"compared with": len(held)}

    def load(self, modality: Modality, folder: Path | None, device: str) -> np.ndarray:
        from safetensors.numpy import load_file

        held: np.ndarray = load_file((folder or Path()) / "train.safetensors")["signatures"]
        return held

    def score(self, modality: Modality, batch: Sequence[Candidate], model: np.ndarray) -> list[Verdict]:
        from synthgen.models import nearest

        bound = self.tolerance or modality.copy_tolerance
        if not len(model) or not batch:
            return [Verdict(True, 1.0, bound)] * len(batch)
        apart, _ = nearest.closest(modality.signature([c.payload for c in batch]), model)
        return [
            Verdict(True, float(d), bound)
            if d > bound
            else Verdict(
                False, float(d), bound,
                f"a train sample again: its signature differs by {d:.3f} at most, a new one's by more than {bound:g}",
            )
            for d in apart
        ]  # fmt: skip


PLUGIN = NearCopy
