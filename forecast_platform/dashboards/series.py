"""The data files of a dashboard: every series as compact JSON, cut into chunks that a page loads one by one.

Belongs here: frames in, JSON text out. Does not belong here: the page that draws it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from forecast_platform.dashboards.data import DashboardData

MAX_HISTORY_POINTS = 3000
"""Newest observations drawn per series: more than a wide screen has pixels. The page says when some are left out."""

CHUNK_BYTES = 256 * 1024
"""A chunk is closed when it has grown to this size: about a hundred short series, read in a few milliseconds."""


def json_text(value: Any) -> str:
    """``value`` as JSON that is also safe inside a ``<script>`` element: pure ASCII, without ``<``, ``>``, ``&``."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


class SeriesData:
    """The series of a dashboard in the order of their names.

    Attributes:
        names: Item and values of the dimensions of each series.
        horizon: Longest forecast, in steps.
        scores: Average wQL of each series over its backtests; ``None`` = unknown.
    """

    def __init__(self, data: DashboardData) -> None:
        self._keys = ["item_id", *data.dimensions]
        self._types = data.forecast_types
        forecast = _text_keys(data.forecast, self._keys).sort_values([*self._keys, "timestamp"], kind="stable")
        index = forecast[self._keys].drop_duplicates().reset_index(drop=True)
        index["series"] = index.index
        self.names: list[list[str]] = index[self._keys].to_numpy().tolist()
        self._forecast = _Columns(forecast.merge(index, on=self._keys), len(index), self._types)
        self._history = _Columns(_history(data, index, self._keys), len(index), ("target",))
        self.horizon = int(self._forecast.sizes.max(initial=0))
        self._accuracy = _accuracy_by_series(data.item_accuracy, index, self._keys)
        self.scores = [_score(self._accuracy.get(number, [])) for number in range(len(index))]

    def __iter__(self) -> Iterator[str]:
        """JSON of each series: history, forecast, accuracy, and how many older observations are left out."""
        for number in range(len(self.names)):
            yield self._series(number)

    def _series(self, number: int) -> str:
        left_out = max(int(self._history.sizes[number]) - MAX_HISTORY_POINTS, 0)
        history = self._history.json(number, skip=left_out)
        forecast = self._forecast.json(number)
        accuracy = json_text(self._accuracy.get(number, []))
        return f'{{"history":{history},"left_out":{left_out},"forecast":{forecast},"accuracy":{accuracy}}}'


def chunks(series: Iterable[str], size: int = CHUNK_BYTES) -> Iterator[list[str]]:
    """Cut ``series`` into consecutive lists of about ``size`` characters, each with at least one series."""
    chunk: list[str] = []
    filled = 0
    for text in series:
        chunk.append(text)
        filled += len(text)
        if filled >= size:
            yield chunk
            chunk, filled = [], 0
    if chunk:
        yield chunk


class _Columns:
    """Rows of all series, sorted, formatted once and sliced per series: 10,000 small frames would take minutes."""

    def __init__(self, frame: pd.DataFrame, count: int, columns: tuple[str, ...]) -> None:
        import numpy as np

        self._bounds = np.searchsorted(frame["series"].to_numpy(), np.arange(count + 1))
        self._seconds = frame["timestamp"].to_numpy().astype("datetime64[s]").astype(np.int64)
        self._values = {name: _numbers(frame[name].to_numpy(dtype=np.float64)) for name in columns}

    @property
    def sizes(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        import numpy as np

        return np.diff(self._bounds)

    def json(self, number: int, skip: int = 0) -> str:
        first, end = int(self._bounds[number]) + skip, int(self._bounds[number + 1])
        columns = "".join(
            f",{json_text(name)}:[{','.join(values[first:end])}]" for name, values in self._values.items()
        )
        return f'{{"t":{_times(self._seconds[first:end])}{columns}}}'


def _times(seconds: np.ndarray[Any, np.dtype[np.int64]]) -> str:
    """Evenly spaced instants as their first and their distance, others one by one; seconds since 1970."""
    steps = seconds[1:] - seconds[:-1]
    if len(steps) and (steps == steps[0]).all():
        return f'{{"from":{seconds[0]},"every":{steps[0]},"count":{len(seconds)}}}'
    return f"[{','.join(map(str, seconds))}]"


def _numbers(values: np.ndarray[Any, np.dtype[np.float64]]) -> list[str]:
    """Eight significant digits: what a person reads, at half the size of the exact number."""
    import numpy as np

    return [f"{value:.8g}" if known else "null" for value, known in zip(values, np.isfinite(values), strict=True)]


def _text_keys(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    return frame.assign(**{key: frame[key].astype(object).fillna("").astype(str) for key in keys})


def _history(data: DashboardData, index: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    history = _text_keys(data.history, keys)[[*keys, "timestamp", "target"]].merge(index, on=keys)
    if history.duplicated(["series", "timestamp"]).any():
        return history.groupby(["series", "timestamp"], as_index=False)["target"].sum(min_count=1)
    return history.sort_values(["series", "timestamp"], kind="stable")


def _accuracy_by_series(
    accuracy: pd.DataFrame | None, index: pd.DataFrame, keys: list[str]
) -> dict[int, list[dict[str, Any]]]:
    """Rows of the backtest export by series; a row without dimensions belongs to every series of its item."""
    if accuracy is None or accuracy.empty:
        return {}
    shared = [key for key in keys if key in accuracy.columns]
    rows = _text_keys(accuracy, shared).merge(index, on=shared)
    metrics = [name for name in rows.columns if name not in (*keys, "series", *_WINDOW) and _numeric(rows[name])]
    window = [name for name in _WINDOW if name in rows.columns]
    found: dict[int, list[dict[str, Any]]] = {}
    for number, *values in rows[["series", *window, *metrics]].itertuples(index=False, name=None):
        labels = {name: str(value) for name, value in zip(window, values, strict=False)}
        known = {
            name: float(f"{value:.6g}")
            for name, value in zip(metrics, values[len(window) :], strict=True)
            if value is not None and abs(value) < float("inf")
        }
        found.setdefault(int(number), []).append({"window": labels, "metrics": known})
    for windows in found.values():
        windows.sort(key=lambda row: (_is_summary(row), row["window"].get("backtestwindow_start_time", "")))
    return found


_WINDOW = ("backtest_window", "backtestwindow_start_time", "backtestwindow_end_time")


def _numeric(column: pd.Series[Any]) -> bool:
    return column.dtype.kind in "fiu"


def _is_summary(row: dict[str, Any]) -> bool:
    return bool(row["window"].get("backtest_window", "").lower() == "summary")


def _score(windows: list[dict[str, Any]]) -> float | None:
    """What the item list is sorted by: average wQL of the summary, else the mean over the windows."""
    rows = [row for row in windows if _is_summary(row)] or windows
    scores = [score for row in rows if (score := row["metrics"].get("Average wQL")) is not None]
    return float(f"{sum(scores) / len(scores):.4g}") if scores else None
