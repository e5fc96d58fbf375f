"""Pictures for the metadata of assets: small PNGs that are read at 700 pixels width.

Belongs here: forecasts, backtests and analyses. Does not belong here: what all pictures have in common (``drawing``),
accuracy over time (``accuracy_charts``), the interactive page (``page``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forecast_platform.dashboards.data import WindowAccuracy, accuracy_windows, best_algorithm
from forecast_platform.dashboards.drawing import ACCENT, BANDS, INK, MEAN, QUIET, font, one_line, png, style, time_axes

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HISTORY_HORIZONS = 3


def forecast_chart(
    history: pd.DataFrame,
    forecast: pd.DataFrame,
    forecast_types: Sequence[str],
    title: str,
    max_items: int = 4,
) -> bytes:
    """History and quantile bands of the items with the largest forecasts, one below the other.

    Args:
        history: Columns ``item_id``, dimensions, ``timestamp``, ``target``.
        forecast: Columns ``item_id``, dimensions, ``timestamp`` and one per forecast type.
        forecast_types: ``p10``, ``p50``, … and ``mean``.
        max_items: At most this many panels; the title says of how many items they are.

    Returns:
        A PNG of at most :data:`~forecast_platform.dashboards.drawing.MAX_BYTES`.
    """
    keys = [name for name in forecast.columns if name not in ("timestamp", *forecast_types)]
    center = _center(forecast_types)
    totals = forecast.groupby(keys, dropna=False)[center].sum().sort_values(ascending=False, kind="stable")
    chosen = [name if isinstance(name, tuple) else (name,) for name in totals.index[:max_items]]
    heading = title if len(totals) <= max_items else f"{title}: the {len(chosen)} largest of {len(totals):,} series"

    def draw(figure: Figure) -> None:
        panels = figure.subplots(max(len(chosen), 1), 1, squeeze=False)[:, 0]
        figure.suptitle(one_line(heading, 90), **font(11, weight="bold"), x=0.02, ha="left", parse_math=False)
        for axes, name in zip(panels, chosen, strict=False):
            past, future = _rows(history, keys, name), _rows(forecast, keys, name)
            style(axes, " · ".join(map(str, name)))
            _draw_series(axes, past, future, forecast_types, legend=axes is panels[0])
        if not chosen:
            style(panels[0], "There is no forecast.")

    return png(draw, height=0.5 + (2.9 if len(chosen) <= 1 else 1.55 * len(chosen)))


def accuracy_chart(accuracy: Mapping[str, Any]) -> bytes:
    """Average wQL per algorithm, a bar per backtest window, the chosen algorithm in colour.

    Args:
        accuracy: In the shape of the GetAccuracyMetrics answer.

    Returns:
        A PNG of at most :data:`~forecast_platform.dashboards.drawing.MAX_BYTES`.
    """
    rows = [row for row in accuracy_windows(accuracy) if "Average wQL" in row.metrics]
    windows = [row for row in rows if not row.summary] or rows
    best = best_algorithm(accuracy)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        style(axes, "Average wQL by backtest window; lower is better" if windows else "There are no backtest metrics.")
        _draw_bars(axes, windows, best)

    algorithms = len({row.algorithm for row in windows})
    return png(draw, height=0.9 + 0.24 * len(windows) + 0.12 * algorithms)


def impact_chart(impacts: Sequence[tuple[str, float]]) -> bytes:
    """A bar per feature: to the right those that raise the forecast, to the left those that lower it.

    Args:
        impacts: Features and their normalised impact scores, from -1 to 1, in the order of the bars.

    Returns:
        A PNG of at most :data:`~forecast_platform.dashboards.drawing.MAX_BYTES`.
    """

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        style(axes, "Impact on the forecast, mean over all series")
        axes.grid(visible=False)
        axes.axvline(0, color=QUIET, linewidth=0.8)
        axes.set_xlim(-1.2, 1.2)
        for position, (_, score) in enumerate(impacts):
            axes.barh(position, score, height=0.7, color=ACCENT if score >= 0 else MEAN)
            side = "left" if score >= 0 else "right"
            offset = 0.02 if score >= 0 else -0.02
            axes.text(score + offset, position, f"{score:+.3f}", va="center", ha=side, **font(8, QUIET))
        axes.set_yticks(range(len(impacts)), [one_line(name, 40) for name, _ in impacts])
        for label in axes.get_yticklabels():
            label.set(**font(9), parse_math=False)
        axes.invert_yaxis()

    return png(draw, height=0.9 + 0.3 * max(len(impacts), 1))


def distance_chart(distances: Sequence[Mapping[str, Any]], most: int = 15) -> bytes:
    """A bar per feature: how far it is from the baseline, as a multiple of what is allowed; the furthest first.

    Args:
        distances: ``feature``, ``distance``, ``threshold`` and ``drifted`` of each.

    Returns:
        A PNG of at most :data:`~forecast_platform.dashboards.drawing.MAX_BYTES`.
    """
    # The p-value of a chi-squared test is the other way round, so it is left to the table.
    compared = [one for one in distances if one["method"] != "ChiSquared" and one["distance"] is not None]
    shown = sorted(compared, key=lambda one: -one["distance"] / (one["threshold"] or 1))[:most]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        style(axes, "Distance from the baseline; beyond the line it is drift" if shown else "Nothing was compared.")
        axes.grid(visible=False)
        axes.axvline(1, color=QUIET, linewidth=0.8, linestyle="--")
        multiples = [one["distance"] / (one["threshold"] or 1) for one in shown]
        axes.set_xlim(0, 1.15 * max([1.2, *multiples]))
        for position, (one, multiple) in enumerate(zip(shown, multiples, strict=True)):
            axes.barh(position, multiple, height=0.7, color=MEAN if one["drifted"] else ACCENT)
            told = axes.annotate(
                f"{one['distance']:.3f}", (multiple, position), (4, 0), textcoords="offset points", va="center",
                **font(8, QUIET),
            )  # fmt: skip
            # The line of the threshold would strike the number through.
            told.set_bbox({"facecolor": "white", "edgecolor": "none", "pad": 0.6})
        axes.set_yticks(range(len(shown)), [one_line(str(one["feature"]), 40) for one in shown])
        for label in axes.get_yticklabels():
            label.set(**font(9), parse_math=False)
        axes.set_xlabel("distance as a multiple of its threshold", **font(8, QUIET))
        axes.invert_yaxis()

    return png(draw, height=1.1 + 0.3 * max(len(shown), 1))


def what_if_chart(table: pd.DataFrame, forecast_types: Sequence[str], title: str, max_items: int = 4) -> bytes:
    """Baseline and what-if forecast of the series that change most, one below the other.

    Args:
        table: Columns ``item_id``, dimensions, ``timestamp``, and per forecast type ``<type>``, ``<type>_what_if`` and
            ``<type>_difference``.
        max_items: At most this many panels.

    Returns:
        A PNG of at most :data:`~forecast_platform.dashboards.drawing.MAX_BYTES`.
    """
    center = _center(forecast_types)
    columns = [name + end for name in forecast_types for end in ("", "_what_if", "_difference")]
    keys = [name for name in table.columns if name not in ("timestamp", *columns)]
    moved = table[f"{center}_difference"].abs().groupby([table[key] for key in keys], dropna=False).sum()
    largest = moved.sort_values(ascending=False, kind="stable").index[:max_items]
    chosen = [name if isinstance(name, tuple) else (name,) for name in largest]
    heading = (
        title if len(moved) <= max_items else f"{title}: the {len(chosen)} that change most of {len(moved):,} series"
    )

    def draw(figure: Figure) -> None:
        panels = figure.subplots(max(len(chosen), 1), 1, squeeze=False)[:, 0]
        figure.suptitle(one_line(heading, 90), **font(11, weight="bold"), x=0.02, ha="left", parse_math=False)
        for axes, name in zip(panels, chosen, strict=False):
            rows = _rows(table, keys, name)
            style(axes, " · ".join(map(str, name)))
            axes.plot(
                rows["timestamp"], rows[center], color=ACCENT, linewidth=1.5, marker=".", label=f"baseline {center}"
            )
            scenario = rows[f"{center}_what_if"]
            axes.plot(rows["timestamp"], scenario, color=MEAN, linewidth=1.5, linestyle="--", label=f"what-if {center}")
            axes.fill_between(rows["timestamp"], rows[center], scenario, color=BANDS[0], linewidth=0)
            time_axes(axes)
        if chosen:
            panels[0].legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False, fontsize=8)
        else:
            style(panels[0], "There is no forecast.")

    return png(draw, height=0.5 + (2.9 if len(chosen) <= 1 else 1.55 * len(chosen)))


def _draw_bars(axes: Axes, windows: Sequence[WindowAccuracy], best: str | None) -> None:
    axes.grid(visible=False)
    axes.set_xticks([])
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    labels: dict[str, list[float]] = {}
    largest = max((row.metrics["Average wQL"] for row in windows), default=1.0) or 1.0
    position, previous = 0.0, ""
    for row in windows:
        position += 1.5 if previous not in ("", row.algorithm) else 1.0
        previous = row.algorithm
        value = row.metrics["Average wQL"]
        colour = ACCENT if row.algorithm == best else "#b9bdc6"
        axes.barh(position, value, height=0.8, color=colour)
        axes.text(value + largest * 0.01, position, f"{value:.4g}  {row.start[:10]}", va="center", **font(8, QUIET))
        labels.setdefault(row.algorithm, []).append(position)
    axes.set_xlim(0, largest * 1.25)
    axes.set_yticks([sum(spots) / len(spots) for spots in labels.values()], list(labels))
    for label in axes.get_yticklabels():
        chosen = label.get_text() == best
        label.set(**font(9, ACCENT if chosen else INK, "bold" if chosen else "normal"), parse_math=False)
    axes.tick_params(axis="y", length=0)
    axes.invert_yaxis()


def _draw_series(
    axes: Axes, past: pd.DataFrame, future: pd.DataFrame, forecast_types: Sequence[str], *, legend: bool
) -> None:
    import pandas as pd

    start = future["timestamp"].min()
    recent = past[past["timestamp"] >= start - _HISTORY_HORIZONS * _span(future)]
    future = pd.concat([_bridge(recent, future, forecast_types), future])
    times = future["timestamp"]
    axes.plot(recent["timestamp"], recent["target"], color=INK, linewidth=1.0, label="history")
    quantiles = sorted((name for name in forecast_types if name != "mean"), key=lambda name: float(name[1:]))
    lower = [name for name in quantiles if float(name[1:]) < 50]
    upper = [name for name in reversed(quantiles) if float(name[1:]) > 50]
    for rank, (low, high) in enumerate(zip(lower, upper, strict=False)):
        colour = BANDS[min(rank, len(BANDS) - 1)]
        label = f"{low}–{high}"
        axes.fill_between(times, future[low], future[high], color=colour, linewidth=0, label=label)
    paired = min(len(lower), len(upper))
    for name in (*lower[paired:], *upper[paired:]):
        axes.plot(times, future[name], color=ACCENT, linewidth=1.0, linestyle=":", label=name)
    if "p50" in forecast_types:
        axes.plot(times, future["p50"], color=ACCENT, linewidth=1.5, label="p50")
    if "mean" in forecast_types:
        axes.plot(times, future["mean"], color=MEAN, linewidth=1.2, linestyle="--", label="mean")
    axes.axvline(start, color=QUIET, linewidth=0.8, linestyle=":")
    time_axes(axes)
    if legend:
        axes.legend(
            loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=8, frameon=False, fontsize=8, handlelength=1.4,
            columnspacing=1.2, borderaxespad=0.2,
        )  # fmt: skip


def _bridge(past: pd.DataFrame, future: pd.DataFrame, forecast_types: Sequence[str]) -> pd.DataFrame:
    """The last observation as a forecast of itself, so that lines touch; nothing when data is missing in between."""
    times = future["timestamp"]
    last = past.dropna(subset=["target"]).tail(1)
    step = times.diff().max() if len(times) > 1 else None
    if last.empty or step is None or times.iloc[0] - last["timestamp"].iloc[0] > 1.5 * step:
        return future.iloc[:0]
    return last[["timestamp"]].assign(**dict.fromkeys(forecast_types, last["target"]))


def _span(future: pd.DataFrame) -> Any:
    import pandas as pd

    return max(future["timestamp"].max() - future["timestamp"].min(), pd.Timedelta(1, "s"))


def _rows(frame: pd.DataFrame, keys: Sequence[str], name: Sequence[Any]) -> pd.DataFrame:
    for key, value in zip(keys, name, strict=True):
        frame = frame[frame[key] == value]
    return frame.sort_values("timestamp")


def _center(forecast_types: Sequence[str]) -> str:
    for name in ("p50", "mean"):
        if name in forecast_types:
            return name
    return forecast_types[len(forecast_types) // 2]
