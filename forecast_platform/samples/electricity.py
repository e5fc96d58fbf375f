"""The sample ``electricity``: hourly consumption of three households over eleven months of 2025, in kW.

Belongs here: this sample's parameters and how its series come about. It is shaped like the sample of the pipeline
that this platform replaces: the same parameters (``hh`` in the timestamp format included) and a file without header.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from forecast_platform.samples.sample import Sample, autocorrelated_noise, csv_bytes, json_bytes, random_numbers, schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SEED = 20250101
_FIRST = datetime(2025, 1, 1)
_HOURS = 334 * 24
"""Until 2025-11-30 23:00."""

PUBLIC_HOLIDAYS = frozenset(
    {
        date(2025, 1, 1),
        date(2025, 4, 18),
        date(2025, 4, 20),
        date(2025, 4, 25),
        date(2025, 5, 1),
        date(2025, 6, 10),
        date(2025, 6, 19),
        date(2025, 8, 15),
        date(2025, 10, 5),
        date(2025, 11, 1),
    }
)
"""Portugal's, where the households of the old sample lived."""


@dataclass(frozen=True)
class _Day:
    """A kind of day: hour and height of its morning and its evening peak, heights in shares of the level."""

    morning: tuple[float, float]
    evening: tuple[float, float]


@dataclass(frozen=True)
class _Household:
    """One item.

    Attributes:
        level: Mean of the base load, kW.
        winter: How much more it consumes in the middle of January than in spring, as a share.
        noise: Standard deviation of the noise, as a share.
        away: First and last day without any consumption.
    """

    item: str
    level: float
    winter: float
    noise: float
    workday: _Day
    saturday: _Day
    sunday: _Day
    away: tuple[date, date] | None = None


_HOUSEHOLDS = (
    _Household(
        "client_10",
        level=22.0,
        winter=0.35,
        noise=0.07,
        workday=_Day((7.0, 0.6), (20.0, 1.3)),
        saturday=_Day((9.5, 0.8), (20.5, 1.1)),
        sunday=_Day((11.0, 1.2), (19.0, 0.8)),
    ),
    _Household(
        "client_12",
        level=64.0,
        winter=0.15,
        noise=0.05,
        workday=_Day((10.0, 1.0), (15.0, 0.9)),
        saturday=_Day((10.5, 0.5), (16.0, 0.3)),
        sunday=_Day((12.0, 0.2), (18.0, 0.2)),
    ),
    _Household(
        "client_111",
        level=41.0,
        winter=-0.20,
        noise=0.09,
        workday=_Day((6.0, 0.4), (22.0, 0.9)),
        saturday=_Day((8.0, 0.4), (23.0, 1.4)),
        sunday=_Day((10.0, 0.9), (21.0, 0.6)),
        away=(date(2025, 8, 4), date(2025, 8, 17)),
    ),
)

_PARAMS: dict[str, Any] = {
    "DatasetGroup": {"DatasetGroupName": "electricity_sample", "Domain": "CUSTOM"},
    "Predictor": {
        "PredictorName": "electricity_sample_predictor",
        "ForecastHorizon": 72,
        "FeaturizationConfig": {"ForecastFrequency": "H"},
        "PerformAutoML": True,
    },
    "Forecast": {"ForecastName": "electricity_sample_forecast", "ForecastTypes": ["0.10", "0.50", "0.90"]},
    "TimestampFormat": "yyyy-MM-dd hh:mm:ss",
    "Datasets": [
        {
            "DatasetName": "electricity_sample_consumption",
            "Domain": "CUSTOM",
            "DatasetType": "TARGET_TIME_SERIES",
            "DataFrequency": "H",
            "Schema": schema(("timestamp", "timestamp"), ("target_value", "float"), ("item_id", "string")),
        }
    ],
    "PerformDelete": False,
}


def _files() -> dict[str, bytes]:
    random = random_numbers(_SEED)
    hours = [_FIRST + timedelta(hours=hour) for hour in range(_HOURS)]
    rows = [
        (f"{hour:%Y-%m-%d %H:%M:%S}", f"{value:.3f}", household.item)
        for household in _HOUSEHOLDS
        for hour, value in zip(hours, _consumption(household, hours, random), strict=True)
    ]
    return {"params.json": json_bytes(_PARAMS), "train/electricity.csv": csv_bytes(rows)}


def _consumption(household: _Household, hours: list[datetime], random: np.random.Generator) -> NDArray[np.float64]:
    """kW per hour: level x (daily profile) x (season) x (noise), nothing while the household is away."""
    import numpy as np

    profiles = {kind: _daily_profile(kind) for kind in (household.workday, household.saturday, household.sunday)}
    profile = np.array([profiles[_kind_of_day(household, hour.date())][hour.hour] for hour in hours])
    day_of_year = np.arange(len(hours)) / 24.0
    season = 1.0 + household.winter * np.cos(2.0 * np.pi * (day_of_year - 15.0) / 365.0)
    noise = 1.0 + household.noise * autocorrelated_noise(random, len(hours), persistence=0.8)
    values = np.maximum(household.level * profile * season * noise, 0.0)
    if household.away:
        first, last = household.away
        values[[first <= hour.date() <= last for hour in hours]] = 0.0
    return values


def _kind_of_day(household: _Household, day: date) -> _Day:
    if day.weekday() == 6 or day in PUBLIC_HOLIDAYS:
        return household.sunday
    return household.saturday if day.weekday() == 5 else household.workday


def _daily_profile(day: _Day) -> NDArray[np.float64]:
    """Shares of the level at the 24 hours: a base load and two bell-shaped peaks, closed over midnight."""
    import numpy as np

    profile = np.full(24, 0.6)
    for peak, height in (day.morning, day.evening):
        distance = np.abs(np.arange(24.0) - peak)
        distance = np.minimum(distance, 24.0 - distance)
        profile += height * np.exp(-((distance / 2.5) ** 2))
    return profile


SAMPLE = Sample("electricity", "Hourly electricity consumption of three households, eleven months", _files)
