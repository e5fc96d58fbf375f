"""The dashboard of one publication: a static page and the data files beside it.

Belongs here: putting template, styles, scripts, chart library and data together. Does not belong here: how it
looks and behaves (``page/``), who writes and serves the files.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from forecast_platform.dashboards.data import DashboardData, accuracy_windows, best_algorithm
from forecast_platform.dashboards.document import asset, base_style, content_security_policy, filled, inline_script
from forecast_platform.dashboards.series import SeriesData, chunks, json_text
from forecast_platform.frequency import Frequency

if TYPE_CHECKING:
    import pandas as pd

INLINE_SERIES = 50
"""Up to this many series the data is in the page itself, which is then truly one file."""

_DATA_FOLDER = re.compile(r"^(data/[^/]+/)")
_LIVE_METRICS = {
    "wql": "Average wQL",
    "backtest_wql": "wQL in the backtest",
    "wape": "WAPE",
    "mase": "MASE",
    "bias": "Bias",
    "coverage": "Coverage",
    "completeness": "Actuals",
}
_SCRIPTS = ("format.js", "store.js", "chart.js", "picker.js", "tables.js", "app.js")
_DATA_FILES = "'self' file:"
"""Where the scripts with the data lie. ``'self'`` does not cover a page opened from a disk in every browser."""


def render_dashboard(dashboard: DashboardData) -> list[tuple[str, bytes]]:
    """Draw the dashboard as it is published: ``index.html`` and, for many series, ``data/<digest>/<n>.js``.

    Returns:
        As :func:`render_page`.
    """
    return render_page(dashboard)


def render_page(dashboard: DashboardData, page: str = "index.html", data: str = "data") -> list[tuple[str, bytes]]:
    """Draw the dashboard under names of one's own.

    Up to :data:`INLINE_SERIES` series this is one file. Above, every chunk of series is a script of its own in
    ``<data>/<digest of all chunks>/`` which the page loads when one of its series is chosen, because a page
    opened from a disk may load scripts but not fetch files.

    Args:
        page: Name of the page.
        data: Name of the folder beside it.

    Returns:
        Relative names and contents, in the order in which they must be written: the page, which refers to the
        others, comes last. Same data, same bytes.
    """
    series = SeriesData(dashboard)
    if len(series.names) <= INLINE_SERIES:
        inline = f"[{','.join(series)}]"
        return [(page, _page(dashboard, series, {"starts": [0]}, inline))]
    parts = list(chunks(series))
    starts = [0]
    for part in parts[:-1]:
        starts.append(starts[-1] + len(part))
    contents = [f"forecastData({n},[{','.join(part)}]);\n".encode("ascii") for n, part in enumerate(parts)]
    folder = f"{data}/{hashlib.sha256(b''.join(contents)).hexdigest()[:16]}/"
    files = [(f"{folder}{number}.js", content) for number, content in enumerate(contents)]
    return [*files, (page, _page(dashboard, series, {"folder": folder, "starts": starts}, "null"))]


def stale_data(existing_keys: Sequence[str], current_files: Iterable[str]) -> list[str]:
    """Data files that no page refers to any more, for deletion after ``index.html`` was replaced.

    The data of the publication before is kept, for people who have its page open.

    Args:
        existing_keys: What is in the dashboard's folder, relative to it, in the order in which it was written,
            oldest first: keys cannot tell which publication came before, times of writing can.
        current_files: Names that :func:`render_dashboard` returned for what is published now.
    """
    current = {folder for name in current_files if (folder := _data_folder(name))}
    written = [folder for key in existing_keys if (folder := _data_folder(key)) and folder not in current]
    kept = current | set(written[-1:])
    return [key for key in existing_keys if (folder := _data_folder(key)) and folder not in kept]


def _data_folder(key: str) -> str | None:
    match = _DATA_FOLDER.match(key)
    return match[1] if match else None


def _page(data: DashboardData, series: SeriesData, where: dict[str, Any], inline: str) -> bytes:
    library = inline_script(_chart_library())
    script = inline_script("\n".join(_asset(name) for name in _SCRIPTS))
    parts = {
        "title": html.escape(data.title),
        "project": html.escape(data.project),
        "cutoff": f"{data.cutoff:%Y-%m-%d %H:%M}",
        "policy": content_security_policy([library, script], _DATA_FILES),
        "style": base_style() + _asset("style.css"),
        "facts": json_text(_facts(data, series) | where),
        "series": inline,
        "chart_library": library,
        "script": script,
    }
    return filled(_asset("template.html"), parts).encode("utf-8")


def _facts(data: DashboardData, series: SeriesData) -> dict[str, Any]:
    """Everything the page shows besides the series themselves."""
    return {
        "project": data.project,
        "title": data.title,
        "cutoff": f"{data.cutoff:%Y-%m-%d %H:%M}",
        "frequency": data.frequency,
        "step_seconds": Frequency.parse(data.frequency).approximate.total_seconds(),
        "horizon": series.horizon,
        "target": data.target_name,
        "dimensions": list(data.dimensions),
        "types": list(data.forecast_types),
        "names": series.names,
        "scores": series.scores if any(score is not None for score in series.scores) else None,
        "accuracy": {
            "best": best_algorithm(data.accuracy),
            "windows": [
                {
                    "algorithm": row.algorithm,
                    "summary": row.summary,
                    "start": row.start,
                    "end": row.end,
                    "items": row.items,
                    "metrics": _finite(row.metrics),
                }
                for row in accuracy_windows(data.accuracy)
            ],
        },
        "live": _live(data.live_accuracy),
    }


def _live(accuracy: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Rows of live accuracy, newest cutoff first."""
    if accuracy is None or accuracy.empty:
        return []
    metrics = [name for name in _LIVE_METRICS if name in accuracy]
    rows = accuracy.sort_values("cutoff", kind="stable")
    provisional = rows["provisional"] if "provisional" in rows else [False] * len(rows)
    predictor = rows["predictor"] if "predictor" in rows else rows["cutoff"].map(lambda _: "")
    retrained = (predictor != predictor.shift()) & predictor.shift().notna()
    found = [
        {
            "cutoff": str(cutoff),
            "provisional": bool(waits),
            "retrained": bool(other),
            "metrics": _finite(dict(zip(map(_LIVE_METRICS.__getitem__, metrics), values, strict=True))),
        }
        for cutoff, waits, other, values in zip(
            rows["cutoff"], provisional, retrained, rows[metrics].itertuples(index=False, name=None), strict=True
        )
    ]
    return found[::-1]


def _finite(metrics: dict[str, float]) -> dict[str, float]:
    """JSON has no NaN: a metric that does not exist is left out."""
    return {name: float(value) for name, value in metrics.items() if abs(value) < float("inf")}


def _asset(name: str) -> str:
    return asset(__package__, name)


def _chart_library() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())
