"""What the kept samples add to the real ones, whatever a classifier makes of it: affinity, diversity, coverage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from synthgen import diversity
from synthgen.lift_arms import Outcome
from synthgen.lift_results import SYNTHETIC, Row

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from synthgen.stages.lift import Material

Embed = Callable[[Sequence[Any]], "np.ndarray"]
MEASURED = ("affinity", "diversity", "coverage", "density", "Vendi")


def what_is_added(
    material: Material, embed: Embed, parts: Sequence[tuple[NDArray[np.bool_], Outcome]],
    arms: Mapping[str, Sequence[Outcome]], base: str,
) -> Iterator[Row]:  # fmt: skip
    """Rows of the table `data`. `parts` are validation parts of train with what a classifier that saw neither them
    nor samples made from them says of both."""
    import numpy as np

    last = {name: float(np.mean([o.losses[-1] for o in arms[name]])) for name in (SYNTHETIC, base)}
    yield _row(
        "all", "kept", affinity=_affinity(material, parts),
        diversity=round(last[SYNTHETIC] / max(last[base], 1e-9), 3),
    )  # fmt: skip
    vectors = [
        (embed(part.payloads), part.labels) for part in (material.holdout, material.train, material.kept)
    ]
    for i, label in enumerate(material.names):
        held, train, kept = (rows[labels == i] for rows, labels in vectors)
        if not len(kept):
            continue
        both = np.concatenate([train, kept])
        for of, rows in (("train", train), ("kept", kept), ("train and kept", both)):
            covered, density = diversity.coverage_and_density(held, rows)
            vendi = round(diversity.vendi(rows), 2)
            yield _row(label, of, coverage=round(covered, 3), density=round(density, 3), Vendi=vendi)


def mean_of(tables: Sequence[Sequence[Row]]) -> tuple[Row, ...]:
    """One table from those of several draws of train: means of what is there."""
    import numpy as np

    by_key: dict[tuple[object, object], list[Row]] = {}
    for row in (row for table in tables for row in table):
        by_key.setdefault((row["class"], row["of"]), []).append(row)
    means = []
    for rows in by_key.values():
        values = {name: [float(row[name]) for row in rows if row[name] is not None] for name in MEASURED}  # type: ignore[arg-type]
        means.append(rows[0] | {n: round(float(np.mean(v)), 3) if v else None for n, v in values.items()})
    return tuple(means)


def _row(label: str, of: str, **measured: float | None) -> Row:
    return {"class": label, "of": of, **dict.fromkeys(MEASURED), **measured}


def _affinity(material: Material, parts: Sequence[tuple[NDArray[np.bool_], Outcome]]) -> float | None:
    """Over the classes that have both: how often kept samples made from a validation part are recognised, over how
    often that part is. None where no kept sample has such a parent."""
    import numpy as np

    made, real = [], []
    for mask, outcome in parts:
        labels = material.train.labels[mask]
        hidden = {i for i, held in zip(material.train.ids, mask, strict=True) if held}
        rows = [i for i, sources in enumerate(material.kept.sources) if hidden & set(sources)]
        wanted = material.kept.labels[rows]
        for label in np.intersect1d(labels, wanted):
            made.append(_right(outcome.kept, wanted, label))
            real.append(_right(outcome.predicted, labels, label))
    return round(float(np.mean(made) / np.mean(real)), 3) if made and np.mean(real) > 0 else None


def _right(predicted: np.ndarray, labels: np.ndarray, label: int) -> float:
    return float((predicted[labels == label].argmax(1) == label).mean())
