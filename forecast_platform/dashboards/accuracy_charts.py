"""Pictures of how earlier forecasts did: over the cutoffs, and by horizon step.

Belongs here: rows of the accuracy tables as pictures. Does not belong here: backtests and forecasts (``charts``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from forecast_platform.dashboards.drawing import ACCENT, MEAN, QUIET, font, png, style, time_axes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LOSS_TITLES = {
    "wql": "Mean wQL by cutoff; lower is better",
    "wape": "WAPE by cutoff; lower is better",
    "mase": "MASE by cutoff; below 1 is better than repeating the last season",
}


def accuracy_over_time_chart(rows: pd.DataFrame, nominal_coverage: float) -> bytes:
    """Loss, WAPE or MASE and coverage over the cutoffs, with a line where another predictor took over.

    Args:
        rows: Of ``forecast_accuracy_by_cutoff``, oldest first. Hollow points are provisional.
        nominal_coverage: What the outermost interval promises; NaN = there is none.

    Returns:
        A PNG of at most :data:`~forecast_platform.dashboards.drawing.MAX_BYTES`.
    """
    losses = [name for name in ("wql", "wape", "mase") if name in rows and rows[name].notna().any()][:2]
    with_coverage = "coverage" in rows and rows["coverage"].notna().any()

    def draw(figure: Figure) -> None:
        panels = figure.subplots(max(len(losses) + with_coverage, 1), 1, sharex=True, squeeze=False)[:, 0]
        if not losses:
            style(panels[0], "No actuals have arrived.")
            return
        for axes, name in zip(panels, losses, strict=False):
            style(axes, _LOSS_TITLES[name])
            _line(axes, rows, name)
            _backtest(axes, rows, name)
            # With room for the whole of the highest point.
            axes.set_ylim(0, 1.06 * axes.get_ylim()[1])
        if with_coverage:
            _coverage(panels[-1], rows, nominal_coverage)
        for axes in panels:
            _retrained(axes, rows)
            time_axes(axes)
        handles, labels = panels[0].get_legend_handles_labels()
        panels[0].legend(
            handles, labels, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=4, frameon=False, fontsize=8,
            handlelength=1.4, columnspacing=1.2, borderaxespad=0.2,
        )  # fmt: skip

    return png(draw, height=0.3 + 1.5 * max(len(losses) + with_coverage, 1))


def error_by_step_chart(steps: pd.DataFrame, nominal_coverage: float) -> bytes:
    """Loss and coverage by horizon step.

    Args:
        steps: ``horizon_step`` and measures, one row per step.
        nominal_coverage: What the outermost interval promises; NaN = there is none.

    Returns:
        A PNG of at most :data:`~forecast_platform.dashboards.drawing.MAX_BYTES`.
    """
    loss = "wql" if "wql" in steps else "wape"
    names = [name for name in (loss, "coverage") if name in steps and steps[name].notna().any()]

    def draw(figure: Figure) -> None:
        panels = figure.subplots(1, max(len(names), 1), squeeze=False)[0]
        if not names:
            style(panels[0], "No actuals have arrived.")
        for axes, name in zip(panels, names, strict=False):
            style(axes, {"coverage": "Coverage by horizon step"}.get(name, "Loss by horizon step; lower is better"))
            axes.plot(steps["horizon_step"], steps[name], color=ACCENT, linewidth=1.4, marker=".", markersize=4)
            axes.xaxis.get_major_locator().set_params(integer=True)
            axes.set_ylim(0, 1.03 if name == "coverage" else None)
            if name == "coverage":
                axes.axhline(nominal_coverage, color=MEAN, linewidth=1.0, linestyle="--")

    return png(draw, height=2.2)


def _line(axes: Axes, rows: pd.DataFrame, name: str) -> None:
    final = ~rows["provisional"].astype(bool)
    axes.plot(rows["window_start"], rows[name], color=ACCENT, linewidth=1.0, alpha=0.5)
    size = 4 if len(rows) <= 100 else 2
    shown: Sequence[tuple[pd.Series[bool], str, str]] = ((final, ACCENT, "complete"), (~final, "white", "provisional"))
    for chosen, face, label in shown:
        if chosen.any():
            axes.plot(
                rows["window_start"][chosen], rows[name][chosen], linestyle="", marker="o", markersize=size,
                markerfacecolor=face, markeredgecolor=ACCENT, markeredgewidth=0.8, label=label,
            )  # fmt: skip


def _backtest(axes: Axes, rows: pd.DataFrame, name: str) -> None:
    level = rows.get(f"backtest_{name}")
    # The backtest reports WAPE of the mean, which is another forecast than the median.
    if level is not None and level.notna().any() and (name == "wql" or "wql" not in rows):
        axes.plot(
            rows["window_start"], level, color=MEAN, linewidth=1.1, linestyle="--", drawstyle="steps-post",
            label="backtest",
        )  # fmt: skip


def _coverage(axes: Axes, rows: pd.DataFrame, nominal: float) -> None:
    style(axes, f"Coverage by cutoff; the interval promises {nominal:.0%}")
    axes.axhline(nominal, color=MEAN, linewidth=1.0, linestyle="--")
    _line(axes, rows, "coverage")
    axes.set_ylim(min(0.5, float(rows["coverage"].min())) - 0.03, 1.03)


def _retrained(axes: Axes, rows: pd.DataFrame) -> None:
    """A line before the first forecast of each predictor but the first."""
    predictor = rows["predictor"]
    first = rows["window_start"][(predictor != predictor.shift()) & predictor.shift().notna()]
    # With more, the lines would be all there is to see: such a project retrains all the time.
    if 0 < len(first) <= 40:
        for number, instant in enumerate(first):
            axes.axvline(
                instant, color=QUIET, linewidth=0.8, linestyle=":", zorder=0, label="" if number else "retrained"
            )
    elif len(first):
        axes.annotate("retrained nearly every time", (0.01, 0.05), xycoords="axes fraction", **font(7, QUIET))
