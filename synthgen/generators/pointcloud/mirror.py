"""The mirror image of a cloud."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from synthgen.contract import Effect
from synthgen.generator import Generator
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

NORMAL_OF = {"x": (-1.0, 1.0, 1.0), "y": (1.0, -1.0, 1.0)}


class Mirror(Generator):
    """The cloud as a mirror shows it that stands upright in the origin.

    Payload: a cloud; velocities and normals are mirrored with the points, scalars stay. Label: kept, or as the contract
    relabels a mirror image. Source: Qi et al. 2019 (VoteNet), section 5.1: random flips of a scene.
    """

    modality: ClassVar[str] = "pointcloud"

    across: Annotated[tuple[Literal["x", "y"], ...], Field(min_length=1)] = ("x", "y")
    """Axes to change the sign of; one of them is drawn."""

    def effects(self) -> tuple[Effect, ...]:
        return (Effect("mirror", 1, 1, free=(0, 0), switch=True),)

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        on = job.bounds.get("mirror", (1, 1))[1] > 0
        return {"mirror": float(on), "across": self.across[int(rng.integers(len(self.across)))]}

    def applied(self, draw: Draw) -> dict[str, float]:
        return {"mirror": draw["mirror"]}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        import numpy as np

        from synthgen.models.cloud_moves import placed

        made: list[Made | Failed] = []
        for work in batch:
            signs = NORMAL_OF[work.draw["across"]] if work.draw["mirror"] else (1.0, 1.0, 1.0)
            made.append(Made(placed(work.parents[0].payload, np.diag(signs))))
        return made


PLUGIN = Mirror
