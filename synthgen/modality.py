"""A payload type: how it is checked, encoded, shown, compared and classified."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    import numpy as np


SYNTHETIC = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def marker(sample: str) -> dict[str, str]:
    """What a payload's own metadata says: that it is synthetic (IPTC digital source type), and which sample it is."""
    return {"Software": "synthgen", "synthgen:id": sample, "DigitalSourceType": SYNTHETIC}


class Modality:
    """Base of all payload types. One instance a process; no state."""

    name: ClassVar[str]
    media_type: ClassVar[str]
    suffix: ClassVar[str]
    classifier: ClassVar[str]
    """The reference classifier: a name in `models/`."""
    default_filters: ClassVar[tuple[str, ...]] = (
        "readable",
        "near_copy",
        "leakage",
        "fidelity",
        "label_agreement",
    )
    copy_tolerance: ClassVar[float]
    """Largest signature distance between a payload and a mere re-encoding of it."""

    def check(self, payload: Any) -> None:
        """Raise ValueError with the reason if this is no usable payload."""
        raise NotImplementedError

    def encode(self, payload: Any, marker: Mapping[str, str]) -> bytes:
        """Lossless bytes that repeat, with the synthetic marker in the format's own metadata."""
        raise NotImplementedError

    def decode(self, data: bytes) -> Any:
        """The payload back from `encode`'s bytes."""
        raise NotImplementedError

    def content(self, payload: Any) -> bytes:
        """Bytes that are equal if and only if the payloads are."""
        return self.encode(payload, {})

    def preview(self, payload: Any, size_px: int) -> bytes:
        """A JPEG picture of at most size_px by size_px."""
        raise NotImplementedError

    def embed(self, payloads: Sequence[Any]) -> np.ndarray:
        """Unit vectors, float32 (n, d), for likeness and diversity. Each row depends on its payload alone."""
        raise NotImplementedError

    def signature(self, payloads: Sequence[Any]) -> np.ndarray:
        """Vectors, float32 (n, d), that copies of one payload share up to `copy_tolerance` (largest difference)."""
        raise NotImplementedError

    def views(self, payload: Any) -> list[Any]:
        """Ways in which a stolen payload may come disguised (flipped, cropped, recoloured, ...), itself first."""
        return [payload]

    def blank(self, payload: Any) -> str | None:
        """Why there is nothing to be seen or heard in this payload, or None."""
        return None

    def specimen(self, rng: np.random.Generator) -> Any:
        """A small payload for tests."""
        raise NotImplementedError
