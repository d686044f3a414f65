"""Texts: one `str` each, exactly as it was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.modality import Modality

if TYPE_CHECKING:
    import numpy as np


class Text(Modality):
    """Texts as `str`, kept as UTF-8. Plain text has no room for metadata: that it is synthetic stands in the rows."""

    name = "text"
    media_type = "text/plain; charset=utf-8"
    suffix = ".txt"
    classifier = "text_classifier"
    default_filters = ("readable", "near_copy", "leakage", "fidelity", "meaning", "label_agreement")
    column = "text"
    copy_tolerance = 0.5
    leak_tolerance = 0.4
    marks: ClassVar[bool] = False

    def check(self, payload: Any) -> None:
        if not isinstance(payload, str):
            raise ValueError(f"a text is a str, not {type(payload).__name__}")
        if not payload or payload.isspace():
            raise ValueError("the text is empty")
        if "\0" in payload:
            raise ValueError(f"the text holds the character NUL, at {payload.index(chr(0))}")
        try:
            payload.encode()
        except UnicodeEncodeError as error:
            raise ValueError(
                f"the text holds half a character (a lone surrogate), at {error.start}"
            ) from None

    def encode(self, payload: str, marker: Mapping[str, str]) -> bytes:
        return payload.encode()

    def decode(self, data: bytes) -> str:
        return data.decode()

    def preview(self, payload: str, size_px: int) -> bytes:
        from synthgen.models import text_picture

        return text_picture.preview(payload, size_px)

    def written(self, payload: str) -> str:
        return payload

    def embed(self, payloads: Sequence[str]) -> np.ndarray:
        from synthgen.models import text_features

        return text_features.embed(payloads)

    def signature(self, payloads: Sequence[str]) -> np.ndarray:
        from synthgen.models import text_features

        return text_features.signature(payloads)

    def fingerprint(self, payloads: Sequence[str]) -> np.ndarray:
        from synthgen.models import text_features

        return text_features.fingerprint(payloads)

    def parts(self, payload: str) -> np.ndarray:
        from synthgen.models import text_features

        return text_features.parts(payload)

    def sketch(self, payloads: Sequence[str]) -> np.ndarray:
        from synthgen.models import minhash

        return minhash.signatures(payloads)

    def variety(self, payloads: Sequence[str]) -> dict[str, float]:
        from synthgen.models import text_variety

        return text_variety.variety(payloads)

    def extent(self, payload: str) -> tuple[float, ...]:
        return (len(payload),)

    def copies(self, payload: str, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import text_defects

        return text_defects.copies(payload, rng)

    def disguises(self, payload: str, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import text_defects

        return text_defects.disguises(payload, rng)

    def broken(self, payload: str, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import text_breaks

        return text_breaks.broken(payload, rng)

    def emptied(self, payload: str) -> str:
        return "".join(" " if c.isspace() else "." for c in payload)

    def blank(self, payload: str) -> str | None:
        from synthgen.models import text_features

        return None if text_features.plain(payload) else "nothing to read: no letter, digit or symbol"

    def oddities(self, rng: np.random.Generator) -> list[str]:
        from synthgen.models import text_defects

        return text_defects.oddities(rng)

    def specimen_annotations(self, payload: str) -> dict[str, Any]:
        from synthgen.models import text_defects

        return {"entities": text_defects.entities(payload)}

    def specimen(self, rng: np.random.Generator) -> str:
        from synthgen.models import text_defects

        return text_defects.specimen(rng)


PLUGIN = Text
