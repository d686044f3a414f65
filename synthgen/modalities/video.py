"""Clips: MP4 files of one video stream, cut and compared without more decoding than is needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from synthgen.modality import Modality

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.clip import Clip

PLAYED_PX = 112


class Video(Modality):
    """Clips without sound, kept as MP4 (`models/clip.Clip`)."""

    name = "video"
    media_type = "video/mp4"
    suffix = ".mp4"
    classifier = "video_classifier"
    copy_tolerance = 0.014
    leak_tolerance = 0.04
    column = "video"
    default_filters = (*Modality.default_filters, "short", "black", "frozen", "flicker", "span_kept")

    def check(self, payload: Any) -> None:
        from synthgen.models.clip import Clip

        if not isinstance(payload, Clip):
            raise ValueError(f"a clip is a synthgen.models.clip.Clip, not {type(payload).__name__}")
        if payload.frames < 1 or min(payload.width, payload.height) < 1:
            raise ValueError("the clip shows no frame")

    def encode(self, payload: Clip, marker: Mapping[str, str]) -> bytes:
        from synthgen.models.clip import marked

        return marked(payload.data, marker)

    def decode(self, data: bytes) -> Clip:
        from synthgen.models.clip import clip, unmarked

        return clip(unmarked(data))

    def content(self, payload: Clip) -> bytes:
        return payload.data

    def preview(self, payload: Clip, size_px: int) -> bytes:
        from synthgen.models import clip_picture

        return clip_picture.strip(payload, size_px)

    def played(self, payload: Clip) -> tuple[str, bytes] | None:
        from synthgen.models import clip_picture

        return ("image/webp", clip_picture.moving(payload, PLAYED_PX)) if payload.frames > 1 else None

    def embed(self, payloads: Sequence[Clip]) -> np.ndarray:
        from synthgen.models import clip_features

        return clip_features.embed(payloads)

    def signature(self, payloads: Sequence[Clip]) -> np.ndarray:
        from synthgen.models import clip_features

        return clip_features.signature(payloads)

    def fingerprint(self, payloads: Sequence[Clip]) -> np.ndarray:
        from synthgen.models import clip_features

        return clip_features.fingerprint(payloads)

    def parts(self, payload: Clip) -> np.ndarray:
        from synthgen.models import clip_features

        return clip_features.parts(payload)

    def extent(self, payload: Clip) -> tuple[float, ...]:
        return payload.height, payload.width, payload.seconds

    def copies(self, payload: Clip, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import clip_defects

        return clip_defects.copies(payload, rng)

    def disguises(self, payload: Clip, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import clip_defects

        return clip_defects.disguises(payload, rng)

    def broken(self, payload: Clip, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import clip_defects

        return {"reverse_time": clip_defects.backwards(payload)}

    def emptied(self, payload: Clip) -> Clip:
        from synthgen.models import clip_defects

        return clip_defects.still(payload)

    def blank(self, payload: Clip) -> str | None:
        from synthgen.models.clip_features import shrunk

        spread = float(shrunk(payload, 16, 8).std(axis=(1, 2)).max())
        return (
            f"blank: grey levels differ by {spread:.1f} on average, at least 2 are needed"
            if spread < 2
            else None
        )

    def oddities(self, rng: np.random.Generator) -> list[Clip]:
        from synthgen.models import clip_defects

        return clip_defects.oddities(rng)

    def specimen(self, rng: np.random.Generator) -> Clip:
        from synthgen.models import clip_defects

        return clip_defects.specimen(rng)

    def specimen_annotations(self, payload: Clip) -> dict[str, Any]:
        return {"span": [payload.frames // 4, payload.frames // 2 + 1]}


PLUGIN = Video
