"""What the pipeline itself costs: a generator that costs nothing, beside a plain loop that writes to parquet."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from synthgen.bench import Bench, Figures
from synthgen.generator import Generator
from synthgen.reader import Found, Reader, Split
from synthgen.sample import Draw, Failed, Job, Made, Sample, Work

if TYPE_CHECKING:
    import numpy as np

SIDE = 64  # 64 x 64 x 3 bytes are 12 KB
REAL = 10


class Noise(Generator):
    """Noise of one seed: nothing to learn, nothing to vary.

    Payload: uint8 (64, 64, 3). Label: chosen. Source: none; this only serves to time the pipeline around it.
    """

    modality: ClassVar[str] = "image"
    parents: ClassVar[int] = 0
    label: ClassVar[Any] = "chosen"

    def draw(self, job: Job, parents: tuple[Sample, ...], rng: np.random.Generator) -> Draw:
        return {"seed": int(rng.integers(2**32))}

    def make(self, batch: Sequence[Work], model: Any) -> list[Made | Failed]:
        return [Made(noise(work.draw["seed"])) for work in batch]


class Blanks(Reader):
    """Ten pictures of noise, so that there is a class to fill. Source: none."""

    modality: ClassVar[str] = "image"
    takes_path: ClassVar[bool] = False

    def items(self, root: Path | None, split: Split) -> Iterator[Found]:
        yield from (Found(str(i), "noise") for i in range(REAL if split == "train" else 0))

    def raw(self, root: Path | None, place: str) -> bytes:
        return place.encode()

    def decode(self, raw: bytes) -> np.ndarray:
        return noise(int(raw))


class Overhead(Bench):
    """CPU time a sample and peak memory of a run, in process and as a Prefect flow, beside the plain loop.

    Every figure is from a process of its own. The cost of a sample is what 18,000 more of them took, so that
    starting Python, Prefect and its server is not in it.
    """

    few: int = 2_000
    many: int = 20_000
    ways: tuple[str, ...] = ("plain", "process", "flow")

    def run(self) -> Figures:
        rows = []
        plain = 0.0
        names = {"plain": "plain loop to parquet", "process": "in process", "flow": "as a Prefect flow"}
        for way in self.ways:
            name = names[way]
            few, many = _measure(way, self.few), _measure(way, self.many)
            each = (many["cpu_s"] - few["cpu_s"]) / (self.many - self.few) * 1e6
            plain = plain or each
            rows.append(
                {
                    "what": name,
                    "CPU µs a sample": round(each, 1),
                    "more than the loop": round(each - plain, 1),
                    f"peak MB, {self.few:,}": round(few["peak_mb"]),
                    f"peak MB, {self.many:,}": round(many["peak_mb"]),
                    f"CPU s, {self.many:,}": round(many["cpu_s"], 1),
                }
            )
        return Figures(
            f"{self.few:,} and {self.many:,} samples of 12 KB, a generator that costs nothing", rows
        )


def noise(seed: int) -> np.ndarray:
    """A picture of noise, uint8 (64, 64, 3)."""
    import numpy as np

    return np.random.Generator(np.random.SFC64(seed)).integers(0, 256, (SIDE, SIDE, 3), np.uint8)


def _measure(way: str, count: int) -> dict[str, float]:
    """CPU seconds and peak memory of a child process; its own children (a server) don't count."""
    with tempfile.TemporaryDirectory() as folder:
        plugins = Path(folder, "plugins")
        info = plugins / "overhead-0.dist-info"
        info.mkdir(parents=True)
        info.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: overhead\nVersion: 0\n")
        module = "synthgen.benches.overhead"
        info.joinpath("entry_points.txt").write_text(
            f"[synthgen.generators]\nimage/noise = {module}:Noise\n[synthgen.readers]\nblanks = {module}:Blanks\n"
        )
        recipe = Path(folder, "recipe.toml")
        recipe.write_text(
            f'name = "overhead"\noversample = 1.0\nmax_rounds = 1\nshard = 500\nworkers = 1\nfilter = []\n'
            f'[source]\nreader = "blanks"\n[targets]\nbalance_to = {count + REAL}\n'
            f'[[generate]]\nuse = "image/noise"\n[publish]\nto = "{folder}/out"\n'
        )
        environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(plugins), *filter(None, [os.environ.get("PYTHONPATH")])]),
            "PREFECT_HOME": f"{folder}/prefect",
            "PREFECT_LOGGING_LEVEL": "ERROR",
        }
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, way, str(recipe), str(count)],
            env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"{way} with {count} samples failed: {done.stderr[-2000:]}")
        figures: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return figures


_CHILD = """
import json, resource, sys
way, recipe, count = sys.argv[1:]
if way == "plain":
    from synthgen.benches.overhead import plain_loop
    plain_loop(recipe + ".parquet", int(count))
elif way == "process":
    from synthgen.pipeline import run
    from synthgen.recipe import load_recipe
    made = run(load_recipe(recipe)).version.record["counts"]["kept"]
    assert made == int(count), made
else:
    from flows.server import configure
    configure()
    from flows.generate import generate_dataset
    generate_dataset(recipe)
used = resource.getrusage(resource.RUSAGE_SELF)
print(json.dumps({"cpu_s": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss / 1024}))
"""


def plain_loop(path: str, count: int) -> None:
    """Make, encode and hash the same pictures and write them to parquet, 500 rows at a time."""
    import hashlib

    import pyarrow as pa
    import pyarrow.parquet as pq

    from synthgen.modalities.image import Image

    image = Image()
    schema = pa.schema(
        [("id", pa.string()), ("label", pa.string()), ("payload", pa.binary()), ("sha256", pa.string())]
    )
    with pq.ParquetWriter(path, schema, compression="none") as writer:
        for start in range(0, count, 500):
            data = [image.encode(noise(i), {}) for i in range(start, start + 500)]
            ids = [f"{i:032x}" for i in range(start, start + 500)]
            shas = [hashlib.sha256(d).hexdigest() for d in data]
            writer.write_table(pa.table([ids, ["noise"] * 500, data, shas], schema=schema))


PLUGIN = Overhead
