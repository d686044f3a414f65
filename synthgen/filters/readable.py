"""Reject what cannot be used at all."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field

from synthgen.contract import LabelContract
from synthgen.filter import Filter
from synthgen.generator import Progress
from synthgen.modality import Modality
from synthgen.sample import Candidate, Sample, Verdict

MOST_MEASURED = 500


class Readable(Filter):
    """Reject what does not come back from its own file format, has a size like no real sample, or shows nothing.

    Score: 1 for what passes, 0 for the rest.
    """

    learns: ClassVar[bool] = True

    size_factor: Annotated[float, Field(ge=1)] = 2.0
    """How many times smaller than the smallest, or larger than the largest real sample a side may be."""

    def fit(
        self, modality: Modality, train: Sequence[Sample], holdout: Sequence[Sample] | None,
        contract: LabelContract, folder: Path, seed: int, progress: Progress,
    ) -> dict[str, Any]:  # fmt: skip
        step = max(1, len(train) // MOST_MEASURED)
        extents = [modality.extent(sample.payload) for sample in train[::step]]
        least, most = ([pick(sides) for sides in zip(*extents, strict=True)] for pick in (min, max))
        (folder / "extent.json").write_text(json.dumps([least, most]))
        return {"smallest": least, "largest": most}

    def load(self, modality: Modality, folder: Path | None, device: str) -> list[list[float]]:
        extent: list[list[float]] = json.loads(((folder or Path()) / "extent.json").read_text())
        return extent

    def score(self, modality: Modality, batch: Sequence[Candidate], model: Any) -> list[Verdict]:
        reasons = [self._wrong(modality, candidate.payload, model) for candidate in batch]
        return [Verdict(not why, float(not why), 1.0, why or "") for why in reasons]

    def _wrong(self, modality: Modality, payload: Any, model: list[list[float]]) -> str | None:
        try:
            modality.check(payload)
            back = modality.decode(modality.encode(payload, {}))
        except (ValueError, OSError) as error:
            return f"cannot be read: {error}"
        if modality.content(back) != modality.content(payload):
            return "cannot be read: what is stored comes back as something else"
        for side, least, most in zip(modality.extent(payload), *model, strict=True):
            if not least / self.size_factor <= side <= most * self.size_factor:
                return f"the wrong size: {side:g}, where real samples have {least:g} to {most:g}"
        return modality.blank(payload)


PLUGIN = Readable
