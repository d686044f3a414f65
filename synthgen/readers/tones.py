"""Short signals of a few kinds, for demonstrations and tests."""

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
    from synthgen.models.sound import Sound

TONES = ("bell", "fall", "pulse", "rise", "siren", "trill")
PLACE = re.compile(r"([a-z]+)/(train|holdout|pool)/([0-9]{4})")


class Tones(Reader):
    """A tone of a drawn pitch and colour over a little noise that, between two pauses, fades as a bell, falls, comes in
    pulses, rises, wails as a siren, or trills.

    Payload: a sound (`models/sound.Sound`) of half a second to one. Annotation `transcript`: what it is, in words.
    Source: synthesised here; every split has pitches, colours and times of its own.
    """

    modality: ClassVar[str] = "audio"
    takes_path: ClassVar[bool] = False
    listing: ClassVar[frozenset[str]] = frozenset({"per_class", "cut", "holdout_per_class"})

    rate: Annotated[int, Field(ge=8000, le=48_000)] = 8000
    per_class: Annotated[int, Field(ge=1, le=9999)] = 40
    cut: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """Train sounds left in a class; the pool holds the others."""
    holdout_per_class: Annotated[int, Field(ge=0, le=9999)] = 20
    seed: int = 0

    @field_validator("cut")
    @classmethod
    def _names_tones(cls, value: dict[str, int]) -> dict[str, int]:
        if strangers := sorted(set(value) - set(TONES)):
            raise ValueError(
                f"cut names {', '.join(map(repr, strangers))}; the classes are {', '.join(TONES)}"
            )
        return value

    def items(self, root: Path | None, split: Split) -> Iterator[Found | Quarantined]:
        for label in TONES:
            kept = min(self.cut.get(label, self.per_class), self.per_class)
            n = {"train": kept, "pool": self.per_class - kept, "holdout": self.holdout_per_class}[split]
            for i in range(n):
                yield Found(f"{label}/{split}/{i:04}", label, {"transcript": f"a {label}"})

    def raw(self, root: Path | None, place: str) -> bytes:
        match = PLACE.fullmatch(place)
        if match is None or match[1] not in TONES:
            raise UnreadableItem(f"there is no tone {place!r}")
        return json.dumps([match[1], self.seed, place, self.rate]).encode()

    def decode(self, raw: bytes) -> Sound:
        from synthgen.models.signal_tone import drawn, sounded

        label, seed, place, rate = json.loads(raw)
        return sounded(drawn(label, numpy_rng(seed, place)), rate)


PLUGIN = Tones
