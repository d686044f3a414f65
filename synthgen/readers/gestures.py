"""Clips of a drawn shape that makes a gesture, for demonstrations and tests."""

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
    from synthgen.models.clip import Clip

GESTURES = ("circle", "close", "jump", "nod", "open", "wave")
PLACE = re.compile(r"([a-z]+)/(train|holdout|pool)/([0-9]{4})")


class Gestures(Reader):
    """A disc or square of a drawn colour that drifts over a soft ground and, in a span of the clip, makes a gesture: a
    circle, a jump, a nod, a wave, or it opens or closes, of which each is the other backwards.

    Payload: a clip (`models/clip.Clip`) of 60 frames, 25 a second. Annotation `span`: the frames of the gesture.
    Source: drawn here; every split has shapes, colours, grounds and times of its own.
    """

    modality: ClassVar[str] = "video"
    takes_path: ClassVar[bool] = False
    listing: ClassVar[frozenset[str]] = frozenset({"per_class", "cut", "holdout_per_class"})

    size: Annotated[int, Field(ge=32, le=512, multiple_of=2)] = 64
    per_class: Annotated[int, Field(ge=1, le=9999)] = 24
    cut: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """Train clips left in a class; the pool holds the others."""
    holdout_per_class: Annotated[int, Field(ge=0, le=9999)] = 12
    seed: int = 0

    @field_validator("cut")
    @classmethod
    def _names_gestures(cls, value: dict[str, int]) -> dict[str, int]:
        if strangers := sorted(set(value) - set(GESTURES)):
            raise ValueError(
                f"cut names {', '.join(map(repr, strangers))}; the classes are {', '.join(GESTURES)}"
            )
        return value

    def items(self, root: Path | None, split: Split) -> Iterator[Found | Quarantined]:
        from synthgen.models.gesture import drawn

        for label in GESTURES:
            kept = min(self.cut.get(label, self.per_class), self.per_class)
            n = {"train": kept, "pool": self.per_class - kept, "holdout": self.holdout_per_class}[split]
            for i in range(n):
                place = f"{label}/{split}/{i:04}"
                yield Found(place, label, {"span": list(drawn(label, numpy_rng(self.seed, place)).span)})

    def raw(self, root: Path | None, place: str) -> bytes:
        match = PLACE.fullmatch(place)
        if match is None or match[1] not in GESTURES:
            raise UnreadableItem(f"there is no gesture {place!r}")
        return json.dumps([match[1], self.seed, place, self.size]).encode()

    def decode(self, raw: bytes) -> Clip:
        from synthgen.models.gesture import drawn, filmed

        label, seed, place, size = json.loads(raw)
        return filmed(drawn(label, numpy_rng(seed, place)), size)


PLUGIN = Gestures
