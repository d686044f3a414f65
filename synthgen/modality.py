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
    leak_tolerance: ClassVar[float] = 0.03
    """Largest fingerprint distance, 1 - cosine, between a payload and what a disguised copy of it shows."""
    column: ClassVar[str] = "payload"
    """What tables call the payload, as the field does: `image`, `text`, ..."""
    marks: ClassVar[bool] = True
    """Whether the file format has room for the synthetic marker; without it only the rows of a dataset tell."""

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

    def played(self, payload: Any) -> tuple[str, bytes] | None:
        """What a page shows or plays beside or in place of the picture, as media type and bytes: a looping picture
        (`image/...`), a sound (`audio/...`); None where nothing moves or sounds."""
        return None

    def written(self, payload: Any) -> str | None:
        """The payload as words, where these show more than a picture; None for all that is looked at or heard."""
        return None

    def embed(self, payloads: Sequence[Any]) -> np.ndarray:
        """Unit vectors, float32 (n, d), for likeness and diversity. Each row depends on its payload alone."""
        raise NotImplementedError

    def signature(self, payloads: Sequence[Any]) -> np.ndarray:
        """Vectors, float32 (n, d), that copies of one payload share up to `copy_tolerance` (largest difference)."""
        raise NotImplementedError

    def fingerprint(self, payloads: Sequence[Any]) -> np.ndarray:
        """Unit vectors, float32 (n, d), that disguises (recoloured, louder, ...) leave as they are."""
        return self.embed(payloads)

    def parts(self, payload: Any) -> np.ndarray:
        """Fingerprints, float32 (p, d), of a payload and of what might be cut from it; itself first."""
        return self.fingerprint([payload])

    def sketch(self, payloads: Sequence[Any]) -> np.ndarray:
        """Rows of small hashes, uint32 (n, k): the share of equal ones says how much of two payloads is the same.

        For comparing all with all, among very many; equal payloads alone are alike, unless the modality knows better.
        """
        import hashlib

        import numpy as np

        digests = [hashlib.sha256(self.content(payload)).digest()[:8] for payload in payloads]
        return np.frombuffer(b"".join(digests), np.uint32).reshape(-1, 2)

    def views(self, payload: Any) -> list[Any]:
        """A payload, and what it was before each disguise that can be undone (flipped, reversed, ...); itself first."""
        return [payload]

    def variety(self, payloads: Sequence[Any]) -> dict[str, float]:
        """Numbers of its own on how different payloads are, beside those of their embeddings, by what a person calls
        them; none where there is nothing to count. They may depend on how many payloads there are."""
        return {}

    def extent(self, payload: Any) -> tuple[float, ...]:
        """How large it is along each of its axes (sides, seconds, points): always equally many numbers."""
        return ()

    def copies(self, payload: Any, rng: np.random.Generator) -> dict[str, Any]:
        """By kind, what near_copy must find: the payload after no more than encoding it again, and the like."""
        return {"exact": payload}

    def disguises(self, payload: Any, rng: np.random.Generator) -> dict[str, Any]:
        """By kind, what leakage must find on top of `copies`."""
        return {}

    def broken(self, payload: Any, rng: np.random.Generator) -> dict[str, Any]:
        """By effect of the label contract, a small change after which the payload no longer says or shows what it did.

        A filter that compares with the parent must find it where the contract does not allow the effect.
        """
        return {}

    def emptied(self, payload: Any) -> Any:
        """The same with nothing in it, which `blank` must find; None where there is no such thing."""
        return None

    def blank(self, payload: Any) -> str | None:
        """Why there is nothing to be seen or heard in this payload, or None."""
        return None

    def oddities(self, rng: np.random.Generator) -> list[Any]:
        """Usable payloads as strange as they come (tiny, long, plain, ...), for tests."""
        return []

    def specimen_annotations(self, payload: Any) -> dict[str, Any]:
        """What a reader might annotate in a specimen, by the annotation's name, for tests of what carries it."""
        return {}

    def specimen(self, rng: np.random.Generator) -> Any:
        """A small payload for tests."""
        raise NotImplementedError
