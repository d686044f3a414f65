"""Point clouds of drawn solids, for demonstrations and tests."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, field_validator

from synthgen.errors import UnreadableItem
from synthgen.reader import Found, Quarantined, Reader, Split
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    from synthgen.models.point_cloud import Cloud

SHAPES = ("box", "cone", "cylinder", "octahedron", "sphere", "torus")
PLACE = re.compile(r"([a-z]+)/(train|holdout|pool)/([0-9]{4})")


class Shapes(Reader):
    """A box, a cone, a cylinder, an octahedron, a sphere or a torus of drawn proportions that stands upright and faces
    anywhere, as a sensor that walks around it would see it.

    Payload: a cloud (`models/point_cloud.Cloud`) of points on the surface, a few millimetres off, with normals.
    Source: meshes that Open3D builds, drawn here; every split has shapes of its own.
    """

    modality: ClassVar[str] = "pointcloud"
    takes_path: ClassVar[bool] = False
    listing: ClassVar[frozenset[str]] = frozenset({"per_class", "cut", "holdout_per_class"})

    points: Annotated[int, Field(ge=64, le=100_000)] = 512
    per_class: Annotated[int, Field(ge=1, le=9999)] = 24
    cut: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """Train clouds left in a class; the pool holds the others."""
    holdout_per_class: Annotated[int, Field(ge=0, le=9999)] = 12
    seed: int = 0

    @field_validator("cut")
    @classmethod
    def _names_shapes(cls, value: dict[str, int]) -> dict[str, int]:
        if strangers := sorted(set(value) - set(SHAPES)):
            raise ValueError(
                f"cut names {', '.join(map(repr, strangers))}; the classes are {', '.join(SHAPES)}"
            )
        return value

    def items(self, root: Path | None, split: Split) -> Iterator[Found | Quarantined]:
        for label in SHAPES:
            kept = min(self.cut.get(label, self.per_class), self.per_class)
            n = {"train": kept, "pool": self.per_class - kept, "holdout": self.holdout_per_class}[split]
            yield from (Found(f"{label}/{split}/{i:04}", label) for i in range(n))

    def raw(self, root: Path | None, place: str) -> bytes:
        match = PLACE.fullmatch(place)
        if match is None or match[1] not in SHAPES:
            raise UnreadableItem(f"there is no shape {place!r}")
        return json.dumps([match[1], self.seed, place, self.points]).encode()

    def decode(self, raw: bytes) -> Cloud:
        from synthgen.models.drawn_shape import scanned

        label, seed, place, points = json.loads(raw)
        return scanned(label, points, numpy_rng(seed, place))


PLUGIN = Shapes
