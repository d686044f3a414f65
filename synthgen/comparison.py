"""How good predictions are, and how sure one may be that one way of training is better than another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from synthgen.seeds import numpy_rng

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BINS = 15
DRAWS = 2000
MOST_WEIGHTS = 40_000_000
"""Weights held at once: fewer draws are taken from a large test set."""
Verdict = Literal["helped", "harmed", "unchanged", "not known"]


class Estimate(NamedTuple):
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether the interval lies on one side of 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Scores:
    """Figures of one arm over bootstrap draws; the first of them is what was measured.

    `balanced`, `macro_f1` and `ece` are (1 + draws,), `recall` is (1 + draws, classes).
    """

    balanced: NDArray[np.float64]
    macro_f1: NDArray[np.float64]
    ece: NDArray[np.float64]
    recall: NDArray[np.float64]


class Resampling(NamedTuple):
    """Weights of training seeds (draws, seeds) and of test items (draws, n); the first row is the plain mean."""

    seeds: NDArray[np.float64]
    items: NDArray[np.float64]


def resampling(labels: NDArray[np.int64], seeds: int, draws: int = DRAWS, train_draws: int = 1) -> Resampling:
    """Draws of seeds and, class by class, of test items, the same ones for every arm: differences are paired.

    One fewer is drawn than there are, which makes the variance of a mean unbiased for few seeds and small classes.
    Where there are several draws of train, they are drawn in place of seeds, each with all of its seeds: what comes
    first holds the spread of what comes after. Source: Rao and Wu 1988, Resampling inference with complex survey data.
    """
    import numpy as np

    draws = max(200, min(draws, MOST_WEIGHTS // len(labels)))
    rng = numpy_rng("resampling", len(labels), seeds, draws, *([train_draws] if train_draws > 1 else []))
    units, each = (train_draws, seeds) if train_draws > 1 else (seeds, 1)
    weights = rng.multinomial(units - 1, np.full(units, 1 / units), draws) / (units - 1)
    seed_weights = np.repeat(weights / each, each, axis=1)
    items = np.zeros((draws + 1, len(labels)))
    items[0] = 1
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        n = len(mine)
        items[1:, mine] = rng.multinomial(n - 1, np.full(n, 1 / n), draws) * (n / (n - 1))
    trained = units * each
    return Resampling(np.concatenate([np.full((1, trained), 1 / trained), seed_weights]), items)


def scores(predicted: NDArray[np.float32], labels: NDArray[np.int64], drawn: Resampling) -> Scores:
    """Figures from probabilities (seeds, n, classes) and the labels (n,) of the same test items."""
    import numpy as np

    classes = predicted.shape[2]
    truth = np.eye(classes)[labels]
    said = predicted.argmax(2)
    sizes = np.maximum(drawn.items @ truth, 1e-12)
    recall = np.zeros((len(drawn.items), classes))
    macro_f1, ece = np.zeros((2, len(drawn.items)))
    for one, probabilities, weight in zip(said, predicted, drawn.seeds.T, strict=True):
        hits = drawn.items @ (truth * (one == labels)[:, None])
        claimed = drawn.items @ np.eye(classes)[one]
        recall += weight[:, None] * hits / sizes
        macro_f1 += weight * (2 * hits / np.maximum(sizes + claimed, 1e-12)).mean(1)
        ece += weight * _calibration_error(probabilities, one == labels, drawn.items)
    return Scores(recall.mean(1), macro_f1, ece, recall)


def _calibration_error(
    probabilities: NDArray[np.float32], right: NDArray[np.bool_], items: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Expected calibration error in fifteen equal bins of confidence. Source: Guo et al. 2017."""
    import numpy as np

    sure = probabilities.max(1).astype(np.float64)
    bins = np.eye(BINS)[np.minimum((sure * BINS).astype(int), BINS - 1)]
    gaps = np.abs(items @ (bins * (right - sure)[:, None])).sum(1)
    return np.asarray(gaps / items.sum(1))


def estimate(draws: NDArray[np.float64]) -> Estimate:
    """The figure of the first draw, with the percentile interval of the others."""
    import numpy as np

    low, high = np.quantile(draws[1:], (0.025, 0.975))
    return Estimate(float(draws[0]), float(low), float(high))


class ClassChange(NamedTuple):
    """What became of one class's recall. `smallest_shown` is the smallest change that this holdout can show."""

    change: Estimate
    verdict: Verdict
    smallest_shown: float


def class_change(
    before: NDArray[np.float64], after: NDArray[np.float64], n: int, margin: float
) -> ClassChange:
    """From the draws of a class's recall before and after, the number of its test items, and what counts as no change.

    A test set of n items shows no change smaller than one item: below that nothing is called unchanged.
    """
    change = estimate(after - before)
    smallest = max(1 / n, (change.high - change.low) / 2)
    if change.excludes_zero:
        verdict: Verdict = "helped" if change.low > 0 else "harmed"
    elif -margin <= change.low and change.high <= margin and 1 / n <= margin:
        verdict = "unchanged"
    else:
        verdict = "not known"
    return ClassChange(change, verdict, smallest)


def share_of_way(
    strong: NDArray[np.float64], synthetic: NDArray[np.float64], more: NDArray[np.float64]
) -> Estimate | None:
    """(synthetic - strong) / (more - strong); None where the interval of the denominator includes 0."""
    import numpy as np

    way = more - strong
    if not estimate(way).low > 0:
        return None
    return estimate((synthetic - strong) / np.where(np.abs(way) < 1e-9, 1e-9, way))


class Worth(NamedTuple):
    """How many further real labels do as well. `at_least` where more than all of them would be needed."""

    labels: float
    low: float
    high: float
    at_least: bool


def exchange_rate(curve: Mapping[int, NDArray[np.float64]], synthetic: NDArray[np.float64]) -> Worth | None:
    """From balanced accuracy by number of further real labels (0 is the strong baseline), each over the same draws.

    The curve is made to rise (isotonic regression) and read between its points. None if it does not rise at all.
    """
    import numpy as np

    numbers = np.array(sorted(curve), np.float64)
    heights = _rising(np.stack([curve[int(k)] for k in numbers], 1))
    if heights[0, -1] - heights[0, 0] <= 1e-9:
        return None
    found = np.array([_read(row, numbers, at) for row, at in zip(heights, synthetic, strict=True)])
    low, high = np.quantile(found[1:], (0.025, 0.975))
    return Worth(float(found[0]), float(low), float(high), bool(synthetic[0] >= heights[0, -1]))


def _read(heights: NDArray[np.float64], numbers: NDArray[np.float64], at: float) -> float:
    import numpy as np

    if at <= heights[0]:
        return 0.0
    return float(np.interp(at, heights + np.arange(len(heights)) * 1e-12, numbers))


def _rising(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each row's nearest non-decreasing one, by the min-max formula of isotonic regression."""
    import numpy as np

    n = rows.shape[1]
    sums = np.concatenate([np.zeros((len(rows), 1)), rows.cumsum(1)], 1)
    out = np.empty_like(rows)
    for i in range(n):
        means = [[(sums[:, b + 1] - sums[:, a]) / (b - a + 1) for b in range(i, n)] for a in range(i + 1)]
        out[:, i] = np.max([np.min(one, axis=0) for one in means], axis=0)
    return out


def calibrated_loss(predicted: NDArray[np.float32], labels: NDArray[np.int64]) -> float:
    """Log loss, all classes alike, at the temperature that suits best: how well classes are told apart, whatever the
    confidence. Less noisy than accuracy on few samples. Source: Guo et al. 2017 (temperature scaling)."""
    import numpy as np

    counts = np.bincount(labels, minlength=predicted.shape[1])
    weights = 1 / (counts[labels] * (counts > 0).sum())
    logits = np.log(np.maximum(predicted.astype(np.float64), 1e-9))
    losses = []
    for sharpness in 2.0 ** np.arange(-3, 5.5, 0.5):
        scaled = logits * sharpness
        scaled -= scaled.max(1, keepdims=True)
        right = scaled[np.arange(len(labels)), labels] - np.log(np.exp(scaled).sum(1))
        losses.append(-(weights * right).sum())
    return float(min(losses))


def overall(lifts: Sequence[Estimate], verdicts: Sequence[Verdict]) -> str:
    """What may be said of the samples as a whole, in words: `lifts` are against each baseline, the strong one first."""
    harmed, unknown = verdicts.count("harmed"), verdicts.count("not known")
    if lifts[0].high < 0:
        return "harm"
    if all(lift.low > 0 for lift in lifts):
        return "lift, but classes are harmed" if harmed else "lift"
    if harmed:
        return "no lift is shown, and classes are harmed"
    if unknown == 1:
        return "no lift is shown; of one class it is not known whether it is harmed"
    return "no lift is shown" + (
        f"; of {unknown} classes it is not known whether they are harmed" if unknown else ""
    )
