"""The handwritten digits that ship with scikit-learn."""

from __future__ import annotations

import gzip
import importlib.util
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import Field, field_validator

from synthgen.errors import SourceError, UnreadableItem
from synthgen.reader import Found, Quarantined, Reader, Split
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    import numpy as np

_PIXELS = 64
_WHITE = 16


class Digits(Reader):
    """1,797 real handwritten digits, 8 x 8 pixels of 17 grey levels, brought to `size`; bright ink on black.

    Payload: uint8 (size, size, 3) RGB. A share of each class is the holdout; what `cut` takes off the train split is
    the pool. Source: Alpaydin and Kaynak 1998, Optical Recognition of Handwritten Digits (UCI), its test part, which
    scikit-learn ships.
    """

    modality: ClassVar[str] = "image"
    takes_path: ClassVar[bool] = False
    listing: ClassVar[frozenset[str]] = frozenset({"cut", "holdout_share", "seed"})

    size: Annotated[int, Field(ge=8, le=512)] = 32
    cut: dict[str, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """Train items left in a class; all of them where a class is not named."""
    holdout_share: Annotated[float, Field(ge=0, lt=1)] = 0.2
    seed: int = 0
    """Decides which items go to which split."""

    @field_validator("cut")
    @classmethod
    def _names_digits(cls, value: dict[str, int]) -> dict[str, int]:
        if strangers := sorted(set(value) - set("0123456789")):
            raise ValueError(f"cut names {', '.join(map(repr, strangers))}, but the classes are '0' to '9'")
        return value

    def items(self, root: Path | None, split: Split) -> Iterator[Found | Quarantined]:
        by_label: dict[str, list[int]] = {}
        for row, line in enumerate(_lines()):
            by_label.setdefault(_label(line), []).append(row)
        chosen = []
        for label, rows in by_label.items():
            shuffled = [rows[i] for i in numpy_rng("digits", self.seed, label).permutation(len(rows))]
            held = round(self.holdout_share * len(rows))
            kept = held + self.cut.get(label, len(rows))
            parts: dict[Split, list[int]] = {
                "holdout": shuffled[:held], "train": shuffled[held:kept], "pool": shuffled[kept:]
            }  # fmt: skip
            chosen += [(row, label) for row in parts[split]]
        yield from (Found(f"{row:04}", label) for row, label in sorted(chosen))

    def raw(self, root: Path | None, place: str) -> bytes:
        lines = _lines()
        if not place.isdecimal() or int(place) >= len(lines):
            raise UnreadableItem(f"the digits have no row {place!r}, only 0000 to {len(lines) - 1:04}")
        return lines[int(place)]

    def decode(self, raw: bytes) -> np.ndarray:
        import numpy as np
        from PIL import Image

        levels = np.array([float(v) for v in raw.split(b",")[:_PIXELS]], np.float32).reshape(8, 8)
        small = Image.fromarray(levels * (255 / _WHITE))
        large = np.asarray(small.resize((self.size, self.size), Image.Resampling.BICUBIC))
        grey = np.clip(np.rint(large), 0, 255).astype(np.uint8)
        return np.repeat(grey[:, :, None], 3, axis=2)


@cache
def _lines() -> tuple[bytes, ...]:
    """One line of comma-separated numbers an item: 64 grey levels and the digit."""
    spec = importlib.util.find_spec("sklearn")  # finds the package without importing it, which takes a second
    path = Path((spec and spec.origin) or "sklearn").parent / "datasets" / "data" / "digits.csv.gz"
    try:
        return tuple(gzip.decompress(path.read_bytes()).split())
    except (OSError, EOFError) as error:
        raise SourceError(
            f"the digits of scikit-learn cannot be read ({error}). Install it anew: pip install scikit-learn"
        ) from error


def _label(line: bytes) -> str:
    return str(int(float(line.rsplit(b",", 1)[1])))


PLUGIN = Digits
