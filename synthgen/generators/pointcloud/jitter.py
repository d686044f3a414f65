"""Move each point a little."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.contract import Effect
from synthgen.generator import Above0, Generator, ShareInterval
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np


class Jitter(Generator):
    """Every point moved by normal noise of its own, which is cut off.

    Payload: a cloud; what the points carry stays. Label: kept. The noise is a function of the drawn seed and the
    point's position in the cloud. Source: Qi et al. 2017 (PointNet), section 5.1.
    """

    modality: ClassVar[str] = "pointcloud"

    jitter_range: ShareInterval = (0.005, 0.02)
    """Standard deviation, as a share of the cloud's size: the root mean square distance of its points from their
    centre."""
    clip: Above0 = 2.5
    """Standard deviations beyond which the noise is cut off."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("jitter", *self.jitter_range, free=(0, 0.05), unit="of the size"),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        sigma = float(rng.uniform(*job.bounds.get("jitter", self.jitter_range)))
        return {"jitter": sigma, "seed": int(rng.integers(1 << 53))}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"jitter": draw["jitter"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        from synthgen.models.cloud_moves import shaken

        return [
            Made(shaken(work.parents[0].payload, work.draw["jitter"], self.clip, work.draw["seed"]))
            for work in batch
        ]


PLUGIN = Jitter
