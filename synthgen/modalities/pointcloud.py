"""Point clouds: points in space and what each of them carries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from synthgen.modality import Modality

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.point_cloud import Cloud

LEAST_POINTS = 4


class PointCloud(Modality):
    """Clouds of `models/point_cloud.Cloud`, kept as safetensors (`models/cloud_file`)."""

    name = "pointcloud"
    media_type = "application/vnd.safetensors"
    suffix = ".safetensors"
    classifier = "cloud_classifier"
    copy_tolerance = 0.0008
    leak_tolerance = 0.003
    column = "cloud"

    def check(self, payload: Any) -> None:
        import numpy as np

        from synthgen.models.point_cloud import Cloud

        if not isinstance(payload, Cloud):
            raise ValueError(
                f"a point cloud is a synthgen.models.point_cloud.Cloud, not {type(payload).__name__}"
            )
        n = len(payload)
        if n < LEAST_POINTS or payload.points.shape != (n, 3):
            raise ValueError(f"the cloud has {n} points, at least {LEAST_POINTS} are needed")
        shapes: list[tuple[str, np.ndarray, tuple[int, ...]]] = [
            (name, v, (n,)) for name, v in payload.scalars.items()
        ]
        shapes += [(name, v, (n, 3)) for name, v in payload.vectors.items()]
        for name, values, shape in [("points", payload.points, (n, 3)), *shapes]:
            if values.shape != shape or values.dtype != np.float32:
                raise ValueError(f"{name} should be float32 {shape}, not {values.dtype} {values.shape}")
            if not np.isfinite(values).all():
                raise ValueError(f"{name} holds NaN or infinite values")

    def encode(self, payload: Cloud, marker: Mapping[str, str]) -> bytes:
        from synthgen.models import cloud_file

        return cloud_file.encode(payload, marker)

    def decode(self, data: bytes) -> Cloud:
        from synthgen.models import cloud_file

        return cloud_file.decode(data)

    def preview(self, payload: Cloud, size_px: int) -> bytes:
        from synthgen.models import cloud_picture

        return cloud_picture.jpeg(payload, size_px)

    def embed(self, payloads: Sequence[Cloud]) -> np.ndarray:
        from synthgen.models import cloud_features

        return cloud_features.embed(payloads)

    def signature(self, payloads: Sequence[Cloud]) -> np.ndarray:
        from synthgen.models import cloud_features

        return cloud_features.signature(payloads)

    def fingerprint(self, payloads: Sequence[Cloud]) -> np.ndarray:
        from synthgen.models import cloud_features

        return cloud_features.fingerprint(payloads)

    def extent(self, payload: Cloud) -> tuple[float, ...]:
        return float(len(payload)), payload.size

    def copies(self, payload: Cloud, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import cloud_defects

        return {"exact": payload} | cloud_defects.copies(payload, rng)

    def disguises(self, payload: Cloud, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import cloud_defects

        return cloud_defects.disguises(payload, rng)

    def broken(self, payload: Cloud, rng: np.random.Generator) -> dict[str, Any]:
        from synthgen.models import cloud_defects

        return {"explode": cloud_defects.exploded(payload, rng)}

    def emptied(self, payload: Cloud) -> Cloud:
        from synthgen.models import cloud_defects

        return cloud_defects.collapsed(payload)

    def blank(self, payload: Cloud) -> str | None:
        least = 1e-6 * max(1e-6, float(abs(payload.points).max()))
        return None if payload.size > least else "blank: all points lie in one place"

    def oddities(self, rng: np.random.Generator) -> list[Cloud]:
        from synthgen.models import cloud_defects

        return cloud_defects.oddities(rng)

    def specimen(self, rng: np.random.Generator) -> Cloud:
        from synthgen.models import cloud_defects

        return cloud_defects.specimen(rng)


PLUGIN = PointCloud
