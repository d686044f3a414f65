"""Pictures: uint8 arrays (h, w, 3), RGB."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from synthgen.modality import Modality

if TYPE_CHECKING:
    import numpy as np

_AFTER_HEADER = 8 + 25  # PNG signature and IHDR


class Image(Modality):
    """Pictures as uint8 (h, w, 3) RGB, kept as PNG."""

    name = "image"
    media_type = "image/png"
    suffix = ".png"
    classifier = "image_classifier"
    copy_tolerance = 0.03
    column = "image"

    def check(self, payload: Any) -> None:
        shape, dtype = getattr(payload, "shape", None), getattr(payload, "dtype", None)
        if shape is None or len(shape) != 3 or shape[2] != 3 or dtype != "uint8":
            raise ValueError(f"a picture is uint8 (h, w, 3), not {dtype} {shape}")
        if min(shape) < 1:
            raise ValueError(f"the picture is empty: {shape}")

    def encode(self, payload: np.ndarray, marker: Mapping[str, str]) -> bytes:
        import fpng
        import numpy as np

        height, width = payload.shape[:2]
        data: bytes = fpng.fpng_ext.encode_image_to_memory(
            np.ascontiguousarray(payload).tobytes(), width, height, 3
        )
        chunks = b"".join(_text_chunk(key, value) for key, value in marker.items())
        return data[:_AFTER_HEADER] + chunks + data[_AFTER_HEADER:]

    def decode(self, data: bytes) -> np.ndarray:
        import io

        import numpy as np
        from PIL import Image as Pictures

        with Pictures.open(io.BytesIO(data), formats=["PNG"]) as picture:
            return np.asarray(picture.convert("RGB"))

    def content(self, payload: np.ndarray) -> bytes:
        return b"%d %d " % payload.shape[:2] + payload.tobytes()

    def preview(self, payload: np.ndarray, size_px: int) -> bytes:
        import io

        from PIL import Image as Pictures

        picture = Pictures.fromarray(payload)
        scale = size_px / max(picture.size)
        way = Pictures.Resampling.NEAREST if scale > 1 else Pictures.Resampling.LANCZOS
        picture = picture.resize([max(1, round(side * scale)) for side in picture.size], way)
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=72)
        return out.getvalue()

    def embed(self, payloads: Sequence[np.ndarray]) -> np.ndarray:
        from synthgen.models import image_features

        return image_features.embed(payloads)

    def signature(self, payloads: Sequence[np.ndarray]) -> np.ndarray:
        from synthgen.models import image_features

        return image_features.signature(payloads)

    def fingerprint(self, payloads: Sequence[np.ndarray]) -> np.ndarray:
        from synthgen.models import image_features

        return image_features.fingerprint(payloads)

    def parts(self, payload: np.ndarray) -> np.ndarray:
        from synthgen.models import image_features

        return image_features.parts(payload)

    def views(self, payload: np.ndarray) -> list[np.ndarray]:
        from synthgen.models import image_features

        return image_features.views(payload)

    def extent(self, payload: np.ndarray) -> tuple[float, ...]:
        return payload.shape[:2]

    def copies(self, payload: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import image_defects

        return image_defects.copies(payload, rng)

    def disguises(self, payload: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import image_defects

        return image_defects.disguises(payload, rng)

    def emptied(self, payload: np.ndarray) -> np.ndarray:
        flat: np.ndarray = payload * 0 + payload.mean(axis=(0, 1)).astype(payload.dtype)
        return flat

    def blank(self, payload: np.ndarray) -> str | None:
        spread = float(payload.std(axis=(0, 1)).max())
        return (
            f"blank: grey levels differ by {spread:.1f} on average, at least 2 are needed"
            if spread < 2
            else None
        )

    def oddities(self, rng: np.random.Generator) -> list[np.ndarray]:
        from synthgen.models import image_defects

        return image_defects.oddities(rng)

    def specimen(self, rng: np.random.Generator) -> np.ndarray:
        import numpy as np

        small = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
        return np.kron(small, np.ones((8, 8, 1), np.uint8))


@lru_cache(maxsize=64)
def _text_chunk(key: str, value: str) -> bytes:
    body = b"iTXt" + key.encode("latin-1") + b"\0\0\0\0\0" + value.encode()
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


PLUGIN = Image
