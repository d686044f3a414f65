"""The two pictures of a measurement of lift, drawn from its report: arms with intervals, recall before and after."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from synthgen.lift_report import LiftReport
from synthgen.report import Cell

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, SOFT, LINE = "#1c1d1f", "#5d6066", "#d8d7d1"
COLOURS = {"synthetic": "#16785a", "more real": "#1f5f8b"}
VERDICTS = {"helped": "#16785a", "harmed": "#b3341f", "unchanged": "#6b7a90", "not known": "#b9b8b2"}
MOST_CLASSES = 60


def pictures(report: LiftReport) -> dict[str, bytes]:
    """PNG files by what they show."""
    return {"arms": arms_picture(report), "recall by class": recall_picture(report)}


def arms_picture(report: LiftReport) -> bytes:
    """Balanced accuracy of every arm with its 95 % interval."""
    rows = list(report.tables["arms"].rows)[::-1]
    figure, axes = _figure(1.2 + 0.34 * len(rows))
    for y, row in enumerate(rows):
        colour = COLOURS.get(str(row["arm"]), SOFT)
        value, low, high = (_number(row, key) for key in ("balanced accuracy", "from", "to"))
        axes.plot([low, high], [y, y], color=colour, lw=2.2, solid_capstyle="round", alpha=0.55)
        axes.plot([value], [y], "o", color=colour, ms=7)
        axes.annotate(
            f"{value:.1f}",
            (high, y),
            (6, 0),
            textcoords="offset points",
            va="center",
            color=colour,
            fontsize=9,
        )
    _labelled(axes, [str(row["arm"]) for row in rows])
    axes.set_xlabel("balanced accuracy on the holdout, points; 95 % intervals", color=SOFT, fontsize=9)
    strong = [
        _number(row, "balanced accuracy") for row in rows if row["arm"] == report.facts["strong baseline"]
    ]
    axes.axvline(strong[0], color=LINE, zorder=0)
    return _png(figure)


def recall_picture(report: LiftReport) -> bytes:
    """Recall of each class with the strong baseline (ring) and with the samples (dot)."""
    rows = sorted(report.tables["classes"].rows, key=lambda row: (_number(row, "train"), str(row["class"])))
    rows = rows[:MOST_CLASSES][::-1]
    figure, axes = _figure(1.4 + 0.34 * len(rows))
    for y, row in enumerate(rows):
        before, after, colour = (
            _number(row, "recall before"),
            _number(row, "after"),
            VERDICTS[str(row["verdict"])],
        )
        axes.plot([before, after], [y, y], color=colour, lw=2)
        axes.plot([before], [y], "o", mfc="white", mec=colour, ms=7)
        axes.plot([after], [y], "o", color=colour, ms=7)
    _labelled(axes, [f"{row['class']}  ({row['train']} real, {row['kept']} kept)" for row in rows])
    axes.set_xlabel("recall, points: strong baseline (ring), with the samples (dot)", color=SOFT, fontsize=9)
    there = [name for name in VERDICTS if any(row["verdict"] == name for row in rows)]
    handles = [axes.plot([], [], "o", color=VERDICTS[name], label=name)[0] for name in there]
    axes.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, frameon=False, fontsize=9
    )
    return _png(figure)


def _figure(height: float) -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, height), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    return figure, figure.subplots()


def _labelled(axes: Any, names: list[str]) -> None:
    plain = ["".join(c if c.isprintable() else " " for c in name)[:48].replace("$", r"\$") for name in names]
    axes.set_yticks(range(len(names)), plain, color=INK, fontsize=9)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.margins(x=0.08)
    axes.tick_params(length=0, colors=SOFT, labelsize=9)
    axes.grid(axis="x", color=LINE, lw=0.6)
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)


def _png(figure: Any) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)  # a class name in letters that the font lacks
        figure.savefig(out, format="png", metadata={"Software": "synthgen"})
    return out.getvalue()


def _number(row: Mapping[str, Cell], key: str) -> float:
    value = row[key]
    return float(value) if isinstance(value, int | float) else 0.0
