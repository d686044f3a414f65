"""Point clouds as the bytes of one safetensors file: `points`, `scalar.<name>`, `vector.<name>`.

Coordinates and vectors stand there as float32 or float16, as the cloud says; scalars as float32.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from synthgen.models import tensor_file
from synthgen.models.point_cloud import Cloud, Precision

SCALAR, VECTOR = "scalar.", "vector."


def encode(cloud: Cloud, notes: Mapping[str, str]) -> bytes:
    """The file of a cloud; the same cloud and notes, the same bytes."""
    kind = np.float32 if cloud.precision == "exact" else np.float16
    arrays = {"points": cloud.points.astype(kind)}
    arrays |= {SCALAR + name: values.astype(np.float32) for name, values in cloud.scalars.items()}
    arrays |= {VECTOR + name: values.astype(kind) for name, values in cloud.vectors.items()}
    return tensor_file.encode(arrays, notes)


def decode(data: bytes) -> Cloud:
    """The cloud of a file. Raises ValueError where it holds none."""
    arrays, _ = tensor_file.decode(data)
    points = arrays.pop("points", None)
    if points is None or points.ndim != 2 or points.shape[1] != 3:
        raise ValueError("this holds no point cloud: an array `points` of shape (n, 3) is expected")
    precision: Precision = "float16" if points.dtype == np.float16 else "exact"
    scalars, vectors = dict[str, np.ndarray](), dict[str, np.ndarray]()
    for name, values in arrays.items():
        shape = (len(points),) if name.startswith(SCALAR) else (len(points), 3)
        if not name.startswith((SCALAR, VECTOR)) or values.shape != shape:
            raise ValueError(f"this holds no point cloud: {name!r} of shape {list(values.shape)} is no field")
        (scalars if name.startswith(SCALAR) else vectors)[name[len(SCALAR) :]] = values.astype(np.float32)
    return Cloud(
        points.astype(np.float32), dict(sorted(scalars.items())), dict(sorted(vectors.items())), precision
    )
