"""All outcomes of a measurement of lift, and what follows from them over the same bootstrap draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from synthgen import comparison
from synthgen.comparison import ClassChange, Estimate, Scores
from synthgen.lift_arms import BASELINES, Outcome
from synthgen.mixture import Use
from synthgen.report import Cell

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Row = dict[str, Cell]
SYNTHETIC, ONLY, MORE, NAIVE, HALF = "synthetic", "synthetic only", "more real", "naive", "half the steps"
LEFT_OUT = "without "
"""Arms of an ablation are called `without image/gan` and `label_agreement: upper half`."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What one way of training gave on validation parts of train; `use` is None for a baseline."""

    name: str
    use: Use | None
    reach: float
    balanced: float
    loss: float
    chosen: bool = False


@dataclass(frozen=True)
class Results:
    """All outcomes of a measurement. `arms` holds one outcome a seed, the seeds of each draw of train together;
    `subsets` gives the further real samples of the arms on the small curve; `strong` is the baseline that did better on
    validation, on which the synthetic arm stands."""

    name: str
    tag: str
    key: str
    classes: tuple[str, ...]
    labels: NDArray[np.int64]
    train_counts: Sequence[int]
    kept_counts: Sequence[int]
    arms: Mapping[str, Sequence[Outcome]]
    subsets: Mapping[str, int]
    ablations: Sequence[str]
    strong: str
    searched: Sequence[Searched]
    data: Sequence[Row]
    margin: float
    facts: dict[str, Cell]
    draws: int = 1

    @cached_property
    def scores(self) -> dict[str, Scores]:
        """Figures of each arm, over the same draws of seeds and test items."""
        import numpy as np

        trained = len(next(iter(self.arms.values())))
        drawn = comparison.resampling(self.labels, trained // self.draws, train_draws=self.draws)
        return {
            name: comparison.scores(np.stack([o.predicted for o in outcomes]), self.labels, drawn)
            for name, outcomes in self.arms.items()
        }

    @property
    def weaker(self) -> str:
        """The other baseline."""
        return next(name for name in BASELINES if name != self.strong)

    @cached_property
    def changes(self) -> dict[str, ClassChange]:
        """What became of each class between the strong baseline and the synthetic arm."""
        import numpy as np

        sizes = np.bincount(self.labels, minlength=len(self.classes))
        before, after = self.scores[self.strong].recall, self.scores[SYNTHETIC].recall
        return {
            name: comparison.class_change(before[:, i], after[:, i], int(sizes[i]), self.margin)
            for i, name in enumerate(self.classes)
        }

    @property
    def verdict(self) -> str:
        """What may be said of the samples as a whole, in words."""
        return comparison.overall(self.lifts, [change.verdict for change in self.changes.values()])

    @property
    def lifts(self) -> list[Estimate]:
        """The synthetic arm against each baseline, the strong one first. Only what beats both is called lift."""
        return [self.difference(SYNTHETIC, other) for other in (self.strong, self.weaker)]

    def difference(self, one: str, other: str) -> Estimate:
        """Balanced accuracy of one arm minus another's."""
        return comparison.estimate(self.scores[one].balanced - self.scores[other].balanced)
