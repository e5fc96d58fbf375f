"""QueryForecast: the forecast of one series.

Belongs here: finding the series and the answer's shape. Does not belong here: what is forecast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from forecast_platform.errors import InputError, Problem
from forecast_platform.params.domains import DOMAINS

if TYPE_CHECKING:
    import pandas as pd

_ITEMS = {domain.item for domain in DOMAINS.values()}
_EVER = ("1678-01-01", "2262-01-01")


def predictions(table: pd.DataFrame, filters: Mapping[str, str], start: str | None, end: str | None) -> dict[str, Any]:
    """``{"Predictions": {"p10": [{"Timestamp": …, "Value": …}, …], …}}`` of the one series that the filters mean.

    Args:
        table: A forecast: keys, ``timestamp``, forecast types.
        filters: A value for every key; capitals of the values do not matter where that is clear.
        start: ISO 8601; steps before it are left out.
        end: The same of steps after it.

    Raises:
        InputError: The filters are not those of one series, or there is no such series, or an instant is none.
    """
    columns = list(table.columns)
    place = columns.index("timestamp")
    series = _of_series(table, columns[:place], filters)
    within = series["timestamp"].between(_instant("StartDate", start, _EVER[0]), _instant("EndDate", end, _EVER[1]))
    steps = series[within]
    written = steps["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%S").tolist()
    return {"Predictions": {label: _points(written, steps[label].tolist()) for label in columns[place + 1 :]}}


def _of_series(table: pd.DataFrame, keys: Sequence[str], filters: Mapping[str, str]) -> pd.DataFrame:
    asked = {name if name in keys else _canonical(name): value for name, value in filters.items()}
    if set(asked) != set(keys):
        raise _refused("Filters", ", ".join(filters) or "nothing", f"exactly {', '.join(keys)}")
    for key, value in asked.items():
        table = table[_matching(table[key], value)]
    if table.empty:
        found = ", ".join(f"{key} '{value}'" for key, value in filters.items())
        raise _refused("Filters", found, "a series of the forecast")
    return table


def _canonical(name: str) -> str:
    """The item has a name of its own in some domains, and is ``item_id`` in every forecast."""
    return "item_id" if name in _ITEMS else name


def _points(timestamps: Sequence[str], values: Sequence[float]) -> list[dict[str, Any]]:
    return [{"Timestamp": stamp, "Value": value} for stamp, value in zip(timestamps, values, strict=True)]


def _matching(values: pd.Series[str], wanted: str) -> pd.Series[bool]:
    """Amazon Forecast keeps items in lower case, and so asks for them are often written so."""
    exact = values == wanted
    return exact if exact.any() else values.str.lower() == wanted.lower()


def _instant(name: str, text: str | None, default: str) -> pd.Timestamp:
    import pandas as pd

    try:
        instant = pd.Timestamp(default if text is None else text)
    except ValueError:
        raise _refused(name, f"'{text}'", "an instant such as 2025-01-31T00:00:00") from None
    return instant.tz_localize(None) if instant.tzinfo else instant


def _refused(where: str, found: str, expected: str) -> InputError:
    return InputError("The forecast cannot be queried.", [Problem(where, found, expected)])
