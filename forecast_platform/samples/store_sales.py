"""The sample ``store_sales``: weekly sales of four departments in three stores over three years.

Belongs here: this sample's parameters and how its series come about.

How it is modelled: the API knows item metadata per ``item_id`` only, so an item is a department OF a store
(``store_1_toys``); then the type of its store and its category are properties of the item. ``store`` is a column of
its own beside it and a forecast dimension, so that forecasts can be added up and filtered by store. A timestamp is the
Friday on which a week begins. Prices and holidays are planned ahead: their series go on for a horizon after the last
sale.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from forecast_platform.samples.sample import Sample, autocorrelated_noise, csv_bytes, json_bytes, random_numbers, schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SEED = 20221202
_FIRST_FRIDAY = date(2022, 12, 2)
_WEEKS = 157
"""Until Friday, 2025-11-28."""
_HORIZON = 13

PEAKS = frozenset(
    {
        date(2022, 12, 25),
        date(2023, 11, 23),
        date(2023, 12, 25),
        date(2024, 11, 28),
        date(2024, 12, 25),
        date(2025, 11, 27),
        date(2025, 12, 25),
    }
)
"""Thanksgiving and Christmas. The week that holds one is a holiday week."""


@dataclass(frozen=True)
class _Store:
    name: str
    type: str
    size: float


@dataclass(frozen=True)
class _Department:
    """What all stores' departments of a kind have in common.

    Attributes:
        sales: Weekly sales in a store of size 1, in thousands.
        price: Regular price at the start.
        trend: Change of sales per year, as a share.
        elasticity: A price 1 % lower sells this many per cent more.
        holiday: How much more a holiday week sells, as a share.
        summer: How much more midsummer sells than the turn of the year, as a share of the mean.
    """

    name: str
    sales: float
    price: float
    trend: float
    elasticity: float
    holiday: float
    summer: float


_STORES = (_Store("store_1", "A", 1.0), _Store("store_2", "B", 0.6), _Store("store_3", "C", 0.35))
_DEPARTMENTS = (
    _Department("grocery", sales=32.0, price=4.0, trend=0.03, elasticity=0.6, holiday=0.25, summer=0.0),
    _Department("toys", sales=9.0, price=18.0, trend=0.0, elasticity=1.6, holiday=1.5, summer=-0.10),
    _Department("clothing", sales=14.0, price=29.0, trend=-0.07, elasticity=1.9, holiday=0.6, summer=0.05),
    _Department("garden", sales=11.0, price=12.0, trend=0.10, elasticity=1.2, holiday=0.0, summer=0.55),
)

_PARAMS: dict[str, Any] = {
    "DatasetGroup": {"DatasetGroupName": "store_sales_sample", "Domain": "RETAIL"},
    "AutoPredictor": {
        "PredictorName": "store_sales_sample_predictor",
        "ForecastHorizon": _HORIZON,
        "ForecastFrequency": "W",
        "ForecastDimensions": ["store"],
        "TimeAlignmentBoundary": {"DayOfWeek": "FRIDAY"},
    },
    "Forecast": {
        "ForecastName": "store_sales_sample_forecast",
        "ForecastTypes": ["0.10", "0.50", "0.90", "mean"],
    },
    "TimestampFormat": "yyyy-MM-dd",
    "Datasets": [
        {
            "DatasetName": "store_sales_sample_sales",
            "Domain": "RETAIL",
            "DatasetType": "TARGET_TIME_SERIES",
            "DataFrequency": "W",
            "Schema": schema(
                ("item_id", "string"), ("store", "string"), ("timestamp", "timestamp"), ("demand", "float")
            ),
        },
        {
            "DatasetName": "store_sales_sample_plan",
            "Domain": "RETAIL",
            "DatasetType": "RELATED_TIME_SERIES",
            "DataFrequency": "W",
            "Schema": schema(
                ("item_id", "string"),
                ("store", "string"),
                ("timestamp", "timestamp"),
                ("price", "float"),
                ("holiday", "integer"),
            ),
        },
        {
            "DatasetName": "store_sales_sample_items",
            "Domain": "RETAIL",
            "DatasetType": "ITEM_METADATA",
            "Schema": schema(("item_id", "string"), ("category", "string"), ("store_type", "string")),
        },
    ],
    "PerformDelete": False,
}


def _files() -> dict[str, bytes]:
    random = random_numbers(_SEED)
    weeks = [_FIRST_FRIDAY + timedelta(weeks=week) for week in range(_WEEKS + _HORIZON)]
    holiday = [_is_holiday_week(week) for week in weeks]
    sales_rows, plan_rows, item_rows = [], [], []
    for store in _STORES:
        for department in _DEPARTMENTS:
            item = f"{store.name}_{department.name}"
            prices = _prices(department, len(weeks), random)
            sales = _sales(store, department, weeks[:_WEEKS], holiday[:_WEEKS], prices[:_WEEKS], random)
            item_rows.append((item, department.name, store.type))
            sales_rows += [
                (item, store.name, f"{week}", f"{value:.2f}") for week, value in zip(weeks[:_WEEKS], sales, strict=True)
            ]
            plan_rows += [
                (item, store.name, f"{week}", f"{price:.2f}", f"{flag:d}")
                for week, price, flag in zip(weeks, prices, holiday, strict=True)
            ]
    return {
        "params.json": json_bytes(_PARAMS),
        "train/store_sales.csv": csv_bytes(sales_rows, header=_columns(0)),
        "train/store_sales.related.csv": csv_bytes(plan_rows, header=_columns(1)),
        "train/store_sales.metadata.csv": csv_bytes(item_rows, header=_columns(2)),
    }


def _columns(dataset: int) -> list[str]:
    return [attribute["AttributeName"] for attribute in _PARAMS["Datasets"][dataset]["Schema"]["Attributes"]]


def _is_holiday_week(friday: date) -> bool:
    return any(friday <= peak < friday + timedelta(weeks=1) for peak in PEAKS)


def _prices(department: _Department, weeks: int, random: np.random.Generator) -> NDArray[np.float64]:
    """A regular price that rises by 2 % a year, and 10-30 % less in about every eighth week."""
    import numpy as np

    regular = department.price * (1.0 + 0.02 * np.arange(weeks) / 52.0)
    reduced = random.random(weeks) < 0.125
    reduction = 0.1 + 0.2 * random.random(weeks)
    return np.asarray(np.where(reduced, regular * (1.0 - reduction), regular).round(2))


def _sales(
    store: _Store,
    department: _Department,
    weeks: list[date],
    holiday: list[bool],
    prices: NDArray[np.float64],
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """Sales per week: size x trend x season x holidays x (price / first price) ^ -elasticity x noise."""
    import numpy as np

    years = np.arange(len(weeks)) / 52.0
    day_of_year = np.array([week.timetuple().tm_yday for week in weeks])
    season = 1.0 - department.summer * np.cos(2.0 * np.pi * day_of_year / 365.25)
    peaks = 1.0 + department.holiday * np.array(holiday)
    demand = (prices / department.price) ** -department.elasticity
    noise = 1.0 + 0.04 * autocorrelated_noise(random, len(weeks), persistence=0.4)
    level = 1000.0 * department.sales * store.size * (1.0 + department.trend * years)
    return np.asarray(level * season * peaks * demand * noise)


SAMPLE = Sample("store_sales", "Weekly sales of four departments in three stores, three years", _files)
