"""Pictures for the metadata of assets: small PNGs that are read at 700 pixels width.

Belongs here: matplotlib, through its object-oriented interface only, so that threads do not share a figure.
Does not belong here: the interactive page (``page``).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from forecast_platform.dashboards.data import WindowAccuracy, accuracy_windows, best_algorithm

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_BYTES = 100 * 1024
"""Largest picture; the metadata of a run is kept in a database."""

_WIDTH_INCHES = 7.0
_DENSITIES = (150, 120, 100, 70)
_INK, _QUIET, _LINE, _ACCENT, _MEAN = "#1b1d21", "#5b606a", "#e2e0dc", "#1d4fa8", "#a8470f"
_BANDS = ("#d5dff0", "#b0c4e6", "#8aa8da")
_HISTORY_HORIZONS = 3
_CJK_FAMILIES = (
    "Noto Sans CJK KR",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans KR",
    "Source Han Sans",
    "Apple SD Gothic Neo",
    "Hiragino Sans",
    "PingFang SC",
    "Malgun Gothic",
    "Microsoft YaHei",
    "Yu Gothic",
    "NanumGothic",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
)


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
        A PNG of at most :data:`MAX_BYTES`.
    """
    keys = [name for name in forecast.columns if name not in ("timestamp", *forecast_types)]
    center = _center(forecast_types)
    totals = forecast.groupby(keys, dropna=False)[center].sum().sort_values(ascending=False, kind="stable")
    chosen = [name if isinstance(name, tuple) else (name,) for name in totals.index[:max_items]]
    heading = title if len(totals) <= max_items else f"{title}: the {len(chosen)} largest of {len(totals):,} series"

    def draw(figure: Figure) -> None:
        panels = figure.subplots(max(len(chosen), 1), 1, squeeze=False)[:, 0]
        figure.suptitle(_one_line(heading, 90), **_text(11, weight="bold"), x=0.02, ha="left", parse_math=False)
        for axes, name in zip(panels, chosen, strict=False):
            past, future = _rows(history, keys, name), _rows(forecast, keys, name)
            _style(axes, " · ".join(map(str, name)))
            _draw_series(axes, past, future, forecast_types, legend=axes is panels[0])
        if not chosen:
            _style(panels[0], "There is no forecast.")

    return _png(draw, height=0.5 + (2.9 if len(chosen) <= 1 else 1.55 * len(chosen)))


def accuracy_chart(accuracy: Mapping[str, Any]) -> bytes:
    """Average wQL per algorithm, a bar per backtest window, the chosen algorithm in colour.

    Args:
        accuracy: In the shape of the GetAccuracyMetrics answer.

    Returns:
        A PNG of at most :data:`MAX_BYTES`.
    """
    rows = [row for row in accuracy_windows(accuracy) if "Average wQL" in row.metrics]
    windows = [row for row in rows if not row.summary] or rows
    best = best_algorithm(accuracy)

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        _style(axes, "Average wQL by backtest window; lower is better" if windows else "There are no backtest metrics.")
        _draw_bars(axes, windows, best)

    algorithms = len({row.algorithm for row in windows})
    return _png(draw, height=0.9 + 0.24 * len(windows) + 0.12 * algorithms)


def impact_chart(impacts: Sequence[tuple[str, float]]) -> bytes:
    """A bar per feature: to the right those that raise the forecast, to the left those that lower it.

    Args:
        impacts: Features and their normalised impact scores, from -1 to 1, in the order of the bars.

    Returns:
        A PNG of at most :data:`MAX_BYTES`.
    """

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        _style(axes, "Impact on the forecast, mean over all series")
        axes.grid(visible=False)
        axes.axvline(0, color=_QUIET, linewidth=0.8)
        axes.set_xlim(-1.2, 1.2)
        for position, (_, score) in enumerate(impacts):
            axes.barh(position, score, height=0.7, color=_ACCENT if score >= 0 else _MEAN)
            side = "left" if score >= 0 else "right"
            offset = 0.02 if score >= 0 else -0.02
            axes.text(score + offset, position, f"{score:+.3f}", va="center", ha=side, **_text(8, _QUIET))
        axes.set_yticks(range(len(impacts)), [_one_line(name, 40) for name, _ in impacts])
        for label in axes.get_yticklabels():
            label.set(**_text(9), parse_math=False)
        axes.invert_yaxis()

    return _png(draw, height=0.9 + 0.3 * max(len(impacts), 1))


def distance_chart(distances: Sequence[Mapping[str, Any]], most: int = 15) -> bytes:
    """A bar per feature: how far it is from the baseline, as a multiple of what is allowed; the furthest first.

    Args:
        distances: ``feature``, ``distance``, ``threshold`` and ``drifted`` of each.

    Returns:
        A PNG of at most :data:`MAX_BYTES`.
    """
    # The p-value of a chi-squared test is the other way round, so it is left to the table.
    compared = [one for one in distances if one["method"] != "ChiSquared" and one["distance"] is not None]
    shown = sorted(compared, key=lambda one: -one["distance"] / (one["threshold"] or 1))[:most]

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        _style(axes, "Distance from the baseline; beyond the line it is drift" if shown else "Nothing was compared.")
        axes.grid(visible=False)
        axes.axvline(1, color=_QUIET, linewidth=0.8, linestyle="--")
        multiples = [one["distance"] / (one["threshold"] or 1) for one in shown]
        axes.set_xlim(0, 1.15 * max([1.2, *multiples]))
        for position, (one, multiple) in enumerate(zip(shown, multiples, strict=True)):
            axes.barh(position, multiple, height=0.7, color=_MEAN if one["drifted"] else _ACCENT)
            axes.text(multiple, position, f" {one['distance']:.3f}", va="center", ha="left", **_text(8, _QUIET))
        axes.set_yticks(range(len(shown)), [_one_line(str(one["feature"]), 40) for one in shown])
        for label in axes.get_yticklabels():
            label.set(**_text(9), parse_math=False)
        axes.set_xlabel("distance as a multiple of its threshold", **_text(8, _QUIET))
        axes.invert_yaxis()

    return _png(draw, height=1.1 + 0.3 * max(len(shown), 1))


def what_if_chart(table: pd.DataFrame, forecast_types: Sequence[str], title: str, max_items: int = 4) -> bytes:
    """Baseline and what-if forecast of the series that change most, one below the other.

    Args:
        table: Columns ``item_id``, dimensions, ``timestamp``, and per forecast type ``<type>``, ``<type>_what_if`` and
            ``<type>_difference``.
        max_items: At most this many panels.

    Returns:
        A PNG of at most :data:`MAX_BYTES`.
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
        figure.suptitle(_one_line(heading, 90), **_text(11, weight="bold"), x=0.02, ha="left", parse_math=False)
        for axes, name in zip(panels, chosen, strict=False):
            rows = _rows(table, keys, name)
            _style(axes, " · ".join(map(str, name)))
            axes.plot(
                rows["timestamp"], rows[center], color=_ACCENT, linewidth=1.5, marker=".", label=f"baseline {center}"
            )
            scenario = rows[f"{center}_what_if"]
            axes.plot(
                rows["timestamp"], scenario, color=_MEAN, linewidth=1.5, linestyle="--", label=f"what-if {center}"
            )
            axes.fill_between(rows["timestamp"], rows[center], scenario, color=_BANDS[0], linewidth=0)
            _time_axes(axes)
        if chosen:
            panels[0].legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, frameon=False, fontsize=8)
        else:
            _style(panels[0], "There is no forecast.")

    return _png(draw, height=0.5 + (2.9 if len(chosen) <= 1 else 1.55 * len(chosen)))


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
        colour = _ACCENT if row.algorithm == best else "#b9bdc6"
        axes.barh(position, value, height=0.8, color=colour)
        axes.text(value + largest * 0.01, position, f"{value:.4g}  {row.start[:10]}", va="center", **_text(8, _QUIET))
        labels.setdefault(row.algorithm, []).append(position)
    axes.set_xlim(0, largest * 1.25)
    axes.set_yticks([sum(spots) / len(spots) for spots in labels.values()], list(labels))
    for label in axes.get_yticklabels():
        chosen = label.get_text() == best
        label.set(**_text(9, _ACCENT if chosen else _INK, "bold" if chosen else "normal"), parse_math=False)
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
    axes.plot(recent["timestamp"], recent["target"], color=_INK, linewidth=1.0, label="history")
    quantiles = sorted((name for name in forecast_types if name != "mean"), key=lambda name: float(name[1:]))
    lower = [name for name in quantiles if float(name[1:]) < 50]
    upper = [name for name in reversed(quantiles) if float(name[1:]) > 50]
    for rank, (low, high) in enumerate(zip(lower, upper, strict=False)):
        colour = _BANDS[min(rank, len(_BANDS) - 1)]
        label = f"{low}–{high}"
        axes.fill_between(times, future[low], future[high], color=colour, linewidth=0, label=label)
    paired = min(len(lower), len(upper))
    for name in (*lower[paired:], *upper[paired:]):
        axes.plot(times, future[name], color=_ACCENT, linewidth=1.0, linestyle=":", label=name)
    if "p50" in forecast_types:
        axes.plot(times, future["p50"], color=_ACCENT, linewidth=1.5, label="p50")
    if "mean" in forecast_types:
        axes.plot(times, future["mean"], color=_MEAN, linewidth=1.2, linestyle="--", label="mean")
    axes.axvline(start, color=_QUIET, linewidth=0.8, linestyle=":")
    _time_axes(axes)
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


def _style(axes: Axes, title: str) -> None:
    axes.set_title(_one_line(title, 60), **_text(9, weight="bold"), loc="left", parse_math=False)
    axes.grid(color=_LINE, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, colors=_QUIET)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#8b8f98")


def _time_axes(axes: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    locator = AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.xaxis.get_offset_text().set(**_text(8, _QUIET))
    axes.margins(x=0.01)


def _one_line(text: str, length: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1]}…"


def _text(size: float, color: str = _INK, weight: str = "normal") -> dict[str, Any]:
    return {"fontsize": size, "color": color, "fontweight": weight, "fontfamily": list(_families())}


@cache
def _families() -> tuple[str, ...]:
    """Families to look for a glyph in: the bundled one, then a CJK one when the machine has any."""
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return ("DejaVu Sans", *(family for family in _CJK_FAMILIES if family in installed))[:2]


def _png(draw: Callable[[Figure], None], height: float) -> bytes:
    """Draw at the highest density that stays below :data:`MAX_BYTES`.

    A limited palette makes line art a third as large, and no metadata is written, so bytes do not change with the
    library's version number.
    """
    for picture in _renderings(draw, height):
        if len(picture) <= MAX_BYTES:
            break
    return picture


def _renderings(draw: Callable[[Figure], None], height: float) -> Iterator[bytes]:
    from matplotlib.figure import Figure
    from PIL import Image

    for density in _DENSITIES:
        figure = Figure(figsize=(_WIDTH_INCHES, height), dpi=density, layout="constrained", facecolor="white")
        with warnings.catch_warnings():
            # A glyph that no installed font has is drawn as a box; a warning for each would fill the log.
            warnings.filterwarnings("ignore", message="Glyph")
            draw(figure)
            drawn = io.BytesIO()
            figure.savefig(drawn, format="png")
        stream = io.BytesIO()
        Image.open(drawn).convert("RGB").quantize(64).save(stream, "PNG", optimize=True)
        yield stream.getvalue()
