"""Public holidays as features.

Belongs here: which days of a country are holidays, counted in periods. Does not belong here: other features
(``covariates``).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from forecast_platform.engine.calendar import Calendar
from forecast_platform.errors import InputError, Problem
from forecast_platform.frequency import Frequency

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]

HOLIDAY = "holiday"
DAY_BEFORE_HOLIDAY = "day_before_holiday"


def holiday_features(country: str, calendar: Calendar, first_period: int, periods: int) -> dict[str, Floats]:
    """The public holidays of a country, in periods of the calendar.

    A period within a day belongs to the day on which it starts. Only nation-wide holidays count, with the days on
    which they are observed when they fall on a weekend.

    Args:
        country: Two-letter code (ISO 3166-1).

    Returns:
        Name -> (periods). For a frequency of up to a day: :data:`HOLIDAY` and :data:`DAY_BEFORE_HOLIDAY`, each 0 or 1.
        For several days: :data:`HOLIDAY`, 1 where at least one of them is one. From a week on: how many there are.

    Raises:
        InputError: The country is not known.
    """
    check_country(country)
    days = calendar.start(first_period + np.arange(periods + 1)).astype("datetime64[D]")
    starts, ends = days[:-1], np.maximum(days[1:], days[:-1] + 1)
    counts = _holidays_within(country, starts, ends)
    if _weeks_or_longer(calendar.frequency):
        return {HOLIDAY: counts}
    features = {HOLIDAY: np.minimum(counts, 1.0)}
    if (ends - starts).max() <= np.timedelta64(1, "D"):
        features[DAY_BEFORE_HOLIDAY] = _holidays_within(country, starts + 1, ends + 1)
    return features


def check_country(country: str) -> None:
    """Refuse a country whose holidays are not known.

    Raises:
        InputError: With the codes that are.
    """
    known = _countries()
    if country in known:
        return
    near = [code for code in known if set(code) == set(country)] or [code for code in known if code[:1] == country[:1]]
    advice = f"Did you mean {', '.join(near)}? " if near else ""
    raise InputError(
        "There are no holidays of this country.",
        [
            Problem(
                "params.json: country code of the holiday feature",
                f"'{country}'",
                "a two-letter ISO 3166-1 code",
                f"{advice}Known are: {', '.join(known)}.",
            )
        ],
    )


def _weeks_or_longer(frequency: Frequency) -> bool:
    return frequency.unit in ("W", "M", "Y")


def _holidays_within(country: str, starts: Days, ends: Days) -> Floats:
    """How many days of each half-open interval are holidays."""
    first, last = starts.min(), ends.max()
    years = range(first.astype("datetime64[Y]").astype(int) + 1970, last.astype("datetime64[Y]").astype(int) + 1971)
    holidays = np.concatenate([_holidays_of(country, year) for year in years])
    before = [np.searchsorted(holidays, days, side="left") for days in (starts, ends)]
    return np.asarray(before[1] - before[0], dtype=np.float64)


@lru_cache(maxsize=4096)
def _holidays_of(country: str, year: int) -> Days:
    """Sorted days of one year. Asked year by year, so that a year has the same days whatever else is asked for."""
    import warnings

    import holidays

    with warnings.catch_warnings():
        # Years for which the package knows no holidays have none; that is what is said in the documentation.
        warnings.simplefilter("ignore", UserWarning)
        found = holidays.country_holidays(country, years=year, observed=True)
    return np.array(sorted(day for day in found if day.year == year), dtype="datetime64[D]")


@lru_cache(maxsize=1)
def _countries() -> tuple[str, ...]:
    import holidays

    return tuple(sorted(code for code in holidays.list_supported_countries() if len(code) == 2))
