"""From the outcomes of all trainings to what a person reads: arms, differences, classes, how it was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from synthgen import comparison
from synthgen.comparison import Estimate
from synthgen.lift_arms import Outcome
from synthgen.lift_report import LiftReport
from synthgen.lift_results import HALF, LEFT_OUT, MORE, NAIVE, ONLY, SYNTHETIC, Results, Row
from synthgen.report import Table

STILL_LEARNING = 0.02
"""Gain from twice the steps above which training may have been too short."""
MOST_NAMED = 12


def lift_report(results: Results) -> LiftReport:
    """All that the outcomes say."""
    changes = results.changes
    return LiftReport(
        name=results.name,
        tag=results.tag,
        key=results.key,
        verdict=results.verdict,
        lift=all(lift.low > 0 for lift in results.lifts),
        harmed=tuple(name for name, change in changes.items() if change.verdict == "harmed"),
        unknown=tuple(name for name, change in changes.items() if change.verdict == "not known"),
        facts={**results.facts, "strong baseline": results.strong},
        notices=tuple(_notices(results)),
        tables={table.key: table for table in _tables(results)},
        curves={name: _mean_curve(outcomes) for name, outcomes in results.arms.items()},
    )


def _tables(results: Results) -> Iterator[Table]:
    yield _lift(results)
    yield _arms(results)
    yield _classes(results)
    yield _worth(results)
    yield _searched(results)
    yield _ablation(results)
    yield Table("data", "What the samples add", tuple(results.data), _ADDS)
    yield _learning(results)


_ADDS = (
    "Affinity: how well a classifier that saw neither recognises samples made from the validation part, over how well "
    "it recognises that part. Diversity: final training loss with the samples, over without (Gontijo-Lopes et al. "
    "2021). Coverage: share of holdout items near which a sample lies, density: how many (Naeem et al. 2020). Vendi: "
    "the effective number of different samples. All samples here passed the label filter: without one, wrong "
    "samples look diverse."
)


def _lift(results: Results) -> Table:
    strong = results.strong
    pairs = [(SYNTHETIC, NAIVE), (SYNTHETIC, strong), (SYNTHETIC, results.weaker)]
    pairs += [(one, strong) for one in (ONLY, MORE) if one in results.arms]
    rows: list[Row] = []
    for one, other in pairs:
        change = results.difference(one, other)
        f1 = comparison.estimate(results.scores[one].macro_f1 - results.scores[other].macro_f1)
        row: Row = {
            "arm": one,
            "against": other + (" (strong)" if other == strong else ""),
            **_interval(change),
        }
        said = "not shown" if not change.excludes_zero else "better" if change.low > 0 else "worse"
        rows.append(row | {"says": said, "macro F1 points": _points(f1.value)})
    note = "Points of balanced accuracy on the holdout, with 95 % intervals over test items and training seeds, paired."
    return Table("lift", "Lift", tuple(rows), note)


def _arms(results: Results) -> Table:
    import numpy as np

    rare = np.argsort(results.train_counts, kind="stable")[: max(1, len(results.classes) // 3)]
    rows: list[Row] = []
    for name, outcomes in results.arms.items():
        one = results.scores[name]
        balanced = comparison.estimate(one.balanced)
        train = float(np.mean([o.train_accuracy for o in outcomes]))
        rows.append(
            {
                "arm": name,
                "balanced accuracy": _points(balanced.value),
                "from": _points(balanced.low),
                "to": _points(balanced.high),
                "macro F1": _points(float(one.macro_f1[0])),
                "rarest classes": _points(float(one.recall[0, rare].mean())),
                "calibration error": _points(float(one.ece[0])),
                "train-test gap": _points(train - balanced.value),
                "invariance": _points(float(np.mean([o.survived for o in outcomes]))),
                "CPU s": round(float(np.mean([o.cpu_s for o in outcomes])), 1),
            }
        )
    said = ", ".join(results.classes[i] for i in rare)
    note = (
        f"Means of the seeds, in points. Rarest classes: recall of {said}. Invariance: how often an answer survives "
        f"what the contract allows. {ONLY}: classes that have kept samples show these alone."
    )
    return Table("arms", "Arms", tuple(rows), note)


def _classes(results: Results) -> Table:
    import numpy as np

    sizes = np.bincount(results.labels, minlength=len(results.classes))
    before, after = results.scores[results.strong].recall[0], results.scores[SYNTHETIC].recall[0]
    rows: list[Row] = [
        {
            "class": name,
            "train": int(results.train_counts[i]),
            "kept": int(results.kept_counts[i]),
            "holdout": int(sizes[i]),
            "recall before": _points(float(before[i])),
            "after": _points(float(after[i])),
            **_interval(change.change),
            "verdict": change.verdict,
            "smallest shown": _points(change.smallest_shown),
        }
        for i, (name, change) in enumerate(results.changes.items())
    ]
    note = (
        f"Recall in points, of the strong baseline and with the samples. Unchanged: the interval lies inside "
        f"±{_points(results.margin):g}. Smallest shown: a smaller change this holdout cannot show. Of classes where "
        f"nothing happens, one in twenty is called helped or harmed."
    )
    return Table("classes", "Classes", tuple(rows), note)


def _worth(results: Results) -> Table:
    scores, rows = results.scores, list[Row]()
    if MORE not in results.arms:
        return Table("worth", "Worth in real data", ())
    strong, synthetic = scores[results.strong].balanced, scores[SYNTHETIC].balanced
    share = comparison.share_of_way(strong, synthetic, scores[MORE].balanced)
    said = "share of the way to more real"
    if share is None:
        rows.append(
            {
                "what": said,
                "value": None,
                "from": None,
                "to": None,
                "note": "more real data shows no gain here",
            }
        )
    else:
        rows.append({"what": said, **_plain(share), "note": ""})
    curve = {0: strong} | {n: scores[name].balanced for name, n in results.subsets.items()}
    worth = comparison.exchange_rate(curve, synthetic)
    row: Row = {"what": f"real labels that {sum(results.kept_counts):,} kept samples are worth"}
    if worth is None:
        rows.append(
            row | {"value": None, "from": None, "to": None, "note": "further real labels show no gain here"}
        )
    else:
        note = "all of the pool would do no better" if worth.at_least else ""
        numbers: Row = {"value": round(worth.labels), "from": round(worth.low), "to": round(worth.high)}
        rows.append(row | numbers | {"note": note})
    rows += [
        {
            "what": f"balanced accuracy with {n:,} more real",
            **_plain(comparison.estimate(scores[name].balanced)),
            "note": "",
        }
        for name, n in results.subsets.items()
    ]
    return Table("worth", "Worth in real data", tuple(rows))


def _searched(results: Results) -> Table:
    rows: list[Row] = [
        {
            "way": one.name,
            "samples moved": f"{one.reach:g} × the usual",
            "use of the kept ones": one.use.says() if one.use else None,
            "balanced accuracy": _points(one.balanced),
            "loss": round(one.loss, 3),
            "chosen": one.chosen,
        }
        for one in results.searched
    ]
    note = "On parts of train that were left out, never on the holdout; the lowest loss a class counts."
    return Table("searched", "How the samples are used", tuple(rows), note)


def _ablation(results: Results) -> Table:
    rows: list[Row] = [
        {"arm": name, **_interval(results.difference(name, SYNTHETIC)), "says": _earns(name, results)}
        for name in results.ablations
    ]
    note = (
        "Balanced accuracy in points against all kept samples. A generator earns its place if leaving it out costs. A "
        "filter does, if samples with higher scores help more than those with lower ones."
    )
    return Table("ablation", "Ablation", tuple(rows), note)


def _earns(name: str, results: Results) -> str:
    change = results.difference(name, SYNTHETIC)
    if not change.excludes_zero:
        return "no difference is shown"
    if name.startswith(LEFT_OUT):
        return "earns its place" if change.high < 0 else "costs more than it brings"
    return "worse than all" if change.high < 0 else "better than all"


def _learning(results: Results) -> Table:
    rows: list[Row] = []
    for name, outcomes in results.arms.items():
        losses = _mean_curve(outcomes)
        middle = losses[len(losses) // 2] if losses else None
        rows.append({"arm": name, "first loss": losses[0] if losses else None, "in the middle": middle,
                     "last": losses[-1] if losses else None})  # fmt: skip
    return Table(
        "learning", "Learning", tuple(rows), "Training loss, in twentieths of the steps; means of the seeds."
    )


def _notices(results: Results) -> Iterator[str]:
    strong, changes = results.strong, results.changes
    lift = results.difference(SYNTHETIC, strong)
    yield f"Against the strong baseline ({strong}), balanced accuracy {_signed(lift)}: {results.verdict}."
    for name, change in changes.items():
        if change.verdict == "harmed":
            yield f"Class {name} is harmed: recall {_signed(change.change)}."
    unknown = [name for name, change in changes.items() if change.verdict == "not known"]
    if unknown and not any(change.verdict == "harmed" for change in changes.values()):
        yield (
            f"No class is shown to be harmed, but of {len(unknown)} of {len(changes)} this holdout cannot tell: "
            f"{', '.join(unknown[:MOST_NAMED])}{' …' if len(unknown) > MOST_NAMED else ''}."
        )
    if (other := results.difference(results.weaker, strong)).low > 0:
        yield (
            f"On the holdout {results.weaker} is the better baseline, by {_signed(other)}, though {strong} was on "
            f"validation. What does not beat both is not called lift."
        )
    if HALF in results.arms:
        gain = results.difference(strong, HALF)
        if gain.low > 0 and gain.value > STILL_LEARNING:
            yield (
                f"Training may be too short: twice the steps still brought {_points(gain.value):.1f} points to the "
                f"baseline. Raise [lift] steps."
            )


def _mean_curve(outcomes: Sequence[Outcome]) -> tuple[float, ...]:
    import numpy as np

    return tuple(round(float(v), 4) for v in np.mean([o.losses for o in outcomes], axis=0))


def _points(value: float) -> float:
    return round(100 * value, 1) + 0.0


def _signed(one: Estimate) -> str:
    return f"{_points(one.value):+.1f} points ({_points(one.low):+.1f} to {_points(one.high):+.1f})"


def _interval(one: Estimate) -> Row:
    return {"change": _points(one.value), "from": _points(one.low), "to": _points(one.high)}


def _plain(one: Estimate) -> Row:
    return {"value": round(one.value, 3), "from": round(one.low, 3), "to": round(one.high, 3)}
