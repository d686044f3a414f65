"""What point clouds cost: moved and shaken, thinned to the farthest points, and kept, beside the field's libraries."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen import registry
from synthgen.bench import Bench, Figures
from synthgen.generator import Generator
from synthgen.sample import Job, Made, Sample, Work
from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    import numpy as np

    from synthgen.models.point_cloud import Cloud

STEPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("turn", {}),
    ("resize", {"resize_range": (0.8, 1.2), "stretch_range": (1, 1)}),
    ("jitter", {"jitter_range": (0.01, 0.01), "clip": 9.0}),
)


class PointCloud(Bench):
    """Clouds a second of CPU time, on one core, medians of five.

    Peers: PyTorch Geometric's RandomRotate, RandomScale and RandomJitter on Data objects; Open3D's rotate and scale,
    with numpy's noise; Open3D's farthest_point_down_sample. Ours draw from one seed a sample.
    """

    points: int = 2048
    clouds: int = 256
    farthest: int = 1024

    def run(self) -> Figures:
        import numpy as np

        rng = numpy_rng("bench pointcloud")
        arrays = rng.standard_normal((self.clouds, self.points, 3)).astype(np.float32)
        geometric, open3d = _geometric(arrays), _open3d(arrays)
        made = _three_steps(arrays)
        fused = _one_pass(arrays)
        rows = [
            _row("turn, resize and jitter: three generators, draws and all", made, "PyG", geometric),
            _row("turn, resize and jitter: three generators, draws and all", made, "Open3D", open3d),
            _row("the same in one pass over arrays, a seed a sample", fused, "PyG", geometric),
            _row("the same in one pass over arrays, a seed a sample", fused, "Open3D", open3d),
        ]
        own, theirs = _farthest(arrays[:8], self.farthest)
        rows.append(_row(f"farthest {self.farthest:,} points", own, "Open3D", theirs))
        return Figures(f"Clouds of {self.points:,} points, a second of one core", [*rows, *_kept(arrays[0])])


def _rate(n: int, once: Callable[[], Any]) -> float:
    """Things a second of CPU time, when `once` does n of them: the median of five, after one that does not count."""
    once()
    taken = []
    for _ in range(5):
        start = time.process_time()
        once()
        taken.append(time.process_time() - start)
    return n / statistics.median(taken)


def _row(what: str, rate: float, peer: str, peer_rate: float) -> dict[str, Any]:
    return {
        "what": what, "a second": round(rate), "peer": peer, "peer a second": round(peer_rate),
        "times the peer": round(rate / peer_rate, 1),
    }  # fmt: skip


def _three_steps(arrays: np.ndarray) -> float:
    from synthgen.models.point_cloud import Cloud

    steps: list[Generator] = [
        registry.find("generators", f"pointcloud/{name}")(**settings) for name, settings in STEPS
    ]
    samples = [Sample(str(i), "pointcloud", "a", partial(Cloud, p)) for i, p in enumerate(arrays)]
    jobs = [Job(0, "a", i, (s.id,), {}, 0) for i, s in enumerate(samples)]

    def once() -> list[Cloud]:
        now = samples
        for step in steps:
            works = [
                Work(job, (s,), step.draw(job, (s,), numpy_rng("bench", job.index)))
                for job, s in zip(jobs, now, strict=True)
            ]
            made = [m.payload for m in step.make(works, None) if isinstance(m, Made)]
            now = [replace(s, load=partial(_same, p)) for s, p in zip(samples, made, strict=True)]
        return [s.payload for s in now]

    return _rate(len(arrays), once)


def _same(cloud: Cloud) -> Cloud:
    return cloud


def _one_pass(arrays: np.ndarray) -> float:
    import numpy as np

    from synthgen.models import cloud_kernels
    from synthgen.models.cloud_moves import turned

    def once() -> np.ndarray:
        rng, n, zero = numpy_rng("bench"), len(arrays), np.zeros(len(arrays))
        matrices = turned(zero, zero, rng.uniform(-180, 180, n)) * rng.uniform(0.8, 1.2, n)[:, None, None]
        return cloud_kernels.all_moved(arrays, matrices, sigma=0.02, seeds=rng.integers(1 << 53, size=n))

    return _rate(len(arrays), once)


def _geometric(arrays: np.ndarray) -> float:
    import torch
    from torch_geometric.data import Data
    from torch_geometric.transforms import Compose, RandomJitter, RandomRotate, RandomScale

    torch.set_num_threads(1)
    data = [Data(pos=torch.from_numpy(points.copy())) for points in arrays]
    steps = Compose([RandomRotate(180, axis=2), RandomScale((0.8, 1.2)), RandomJitter(0.02)])
    return _rate(len(data), lambda: [steps(one) for one in data])


def _open3d(arrays: np.ndarray) -> float:
    import numpy as np
    import open3d as o3d

    rng = numpy_rng("bench open3d")
    clouds = [o3d.geometry.PointCloud(o3d.utility.Vector3dVector(p.astype(np.float64))) for p in arrays]

    def moved(cloud: Any) -> Any:
        one = o3d.geometry.PointCloud(cloud)
        one.rotate(o3d.geometry.get_rotation_matrix_from_xyz((0, 0, rng.uniform(0, 6.28))), (0, 0, 0))
        one.scale(rng.uniform(0.8, 1.2), (0, 0, 0))
        points = np.asarray(one.points)
        points += rng.normal(0, 0.02, points.shape)
        return one

    return _rate(len(clouds), lambda: [moved(cloud) for cloud in clouds])


def _farthest(arrays: np.ndarray, count: int) -> tuple[float, float]:
    import numpy as np
    import open3d as o3d

    from synthgen.models import cloud_kernels

    clouds = [o3d.geometry.PointCloud(o3d.utility.Vector3dVector(p.astype(np.float64))) for p in arrays]
    own = _rate(len(arrays), lambda: [cloud_kernels.farthest(points, count) for points in arrays])
    return own, _rate(len(clouds), lambda: [cloud.farthest_point_down_sample(count) for cloud in clouds])


def _kept(points: np.ndarray) -> list[dict[str, Any]]:
    """Bytes of one cloud as we keep it, beside the binary PLY that Open3D writes."""
    import numpy as np
    import open3d as o3d

    from synthgen.models import cloud_file
    from synthgen.models.point_cloud import Cloud

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "cloud.ply"
        cloud = o3d.geometry.PointCloud(o3d.utility.Vector3dVector(points.astype(np.float64)))
        o3d.io.write_point_cloud(path, cloud)
        theirs = path.stat().st_size
    rows = []
    for precision in ("exact", "float16"):
        size = len(cloud_file.encode(Cloud(points, precision=precision), {}))  # type: ignore[arg-type]
        rows.append(
            {
                "what": f"bytes of a cloud, {precision}", "a second": size, "peer": "Open3D's binary PLY",
                "peer a second": theirs, "times the peer": round(size / theirs, 2),
            }
        )  # fmt: skip
    return rows


PLUGIN = PointCloud
