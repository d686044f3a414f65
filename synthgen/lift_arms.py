"""The trainings that a measurement of lift consists of, and the file in which each leaves its outcome."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synthgen import durable
from synthgen.mixture import Sampling, Use
from synthgen.seeds import hash_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

VERSION = 2
"""Raised when training changes, so that arms are trained anew."""

NAIVE = Sampling(balanced=False, reach=0.0)
BASELINES: Mapping[str, Sampling] = {
    "balanced": Sampling(balanced=True),
    "adjusted": Sampling(balanced=False, tau=1.0),
}


def baselines(reach: float) -> dict[str, Sampling]:
    """The cheap, strong baselines, which move samples this far."""
    return {name: replace(one, reach=reach) for name, one in BASELINES.items()}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of the kept samples an arm uses: all, all but those of one generator, or one half by a filter's score."""

    without: str | None = None
    filter: str | None = None
    band: str | None = None


@dataclass(frozen=True, slots=True)
class Arm:
    """One way of training. `more` is the number of further real samples from the pool; `search` is the number of the
    validation part of train that is left out and predicted in place of the holdout."""

    name: str
    sampling: Sampling
    use: Use | None = None
    choice: Choice = Choice()
    more: int = 0
    steps: int = 0
    search: int | None = None

    @property
    def decides(self) -> dict[str, Any]:
        """All that decides the outcome, JSON-safe; what an arm is called does not."""
        said = asdict(self)
        del said["name"]
        return said


@dataclass(frozen=True, slots=True)
class Unit:
    """One training: an arm with a seed."""

    arm: Arm
    seed: int

    def key(self, real: str, synthetic: str) -> str:
        """The name under which the outcome is found again. `real` and `synthetic` hash the data; what is trained on
        real samples alone is found again for every version of the same source."""
        looks = self.arm.use is not None or self.arm.search is not None
        return hash_of(VERSION, self.arm.decides, self.seed, real, synthetic if looks else None)[:32]

    def says(self) -> str:
        """Words for progress and task names."""
        part = "" if self.arm.search is None else f", validation part {self.arm.search + 1}"
        return f"{self.arm.name}, seed {self.seed}{part}"


@dataclass(frozen=True)
class Outcome:
    """What one training gave: probabilities (n, classes) for the holdout or the validation part; the share of moved
    pictures on which its answer stayed; the balanced accuracy on what it was trained on; its losses; probabilities
    (m, classes) for kept samples made from the validation part."""

    predicted: NDArray[np.float32]
    survived: float
    train_accuracy: float
    losses: NDArray[np.float64]
    kept: NDArray[np.float32]
    cpu_s: float


def keep(outcome: Outcome, path: Path) -> None:
    """Write an outcome; the file appears whole."""
    import numpy as np

    out = io.BytesIO()
    values: Any = {name: np.asarray(value) for name, value in vars(outcome).items()}
    np.savez_compressed(out, **values)
    with durable.writing_to(path.parent):
        durable.write(path, out.getvalue())


def find(key: str, notes: Path, tag: str) -> Outcome | None:
    """The outcome of this key, kept with this version or another one of the dataset; None if there is none."""
    import numpy as np

    for path in (unit_path(notes, tag, key), *sorted(notes.glob(f"*/lift/{key}.npz"))):
        try:
            with np.load(path, allow_pickle=False) as found:
                numbers = {name: float(found[name]) for name in ("survived", "train_accuracy", "cpu_s")}
                return Outcome(found["predicted"], losses=found["losses"], kept=found["kept"], **numbers)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            continue
    return None


def unit_path(notes: Path, tag: str, key: str) -> Path:
    """Where the outcome of a unit is kept."""
    return notes / tag / "lift" / f"{key}.npz"


def subset_sizes(pool: int, curve: Sequence[float]) -> tuple[int, ...]:
    """How many further real samples the small curve stands on: these shares of the pool, and the whole pool last."""
    return tuple(sorted({n for n in (*(int(share * pool) for share in curve), pool) if n > 0}))


def ways(shares: Sequence[float]) -> list[Use]:
    """The first uses that are tried: every share, nothing else."""
    return [Use(share=share) for share in shares if share > 0]


def variants(
    best: Use, weights: Sequence[float], starts: Sequence[float], replacements: Sequence[float]
) -> list[Use]:
    """What is tried around the best share, one thing changed at a time."""
    tried = [Use(best.share, weight=w) for w in weights if w != best.weight]
    tried += [Use(best.share, start=s) for s in starts if 0 < s < 1]
    tried += [Use(best.share, replace=r) for r in replacements if r > 0]
    return list(dict.fromkeys(tried))
