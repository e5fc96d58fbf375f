"""The panels of generated data: kinds of series that the real ones lack. Each has a fixed seed.

Belongs here: how the series come about, said in the docstring of each panel. Does not belong here: real data.

Nothing here follows a model that the engine fits: parameters are drawn anew for every item, and change within series.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.accuracy.panels import Panel
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.frequency import Frequency

Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
Random = np.random.Generator

_PANDAS_UNIT = {"H": "h", "D": "D", "W": "W-MON", "M": "MS"}
_HOLIDAYS_2025 = {
    1: (1,),
    4: (18, 20, 25),
    5: (1,),
    6: (10, 19),
    8: (15,),
    10: (5,),
    11: (1,),
    12: (1, 8, 24, 25, 26, 31),
}
"""Month -> days."""


def intermittent_daily() -> Panel:
    """Demand for 300 spare parts over 730 days, 28 days ahead, as in :func:`_intermittent`: up to 20 days apart.

    Half of the items are ordered twice as often from Monday to Friday as at weekends.
    """
    return _intermittent("intermittent_daily", "D", 300, 730, horizon=28, longest_interval=20, seed=11)


def intermittent_weekly() -> Panel:
    """Demand for 300 spare parts over 156 weeks, 13 weeks ahead, as in :func:`_intermittent`: up to 8 weeks apart."""
    return _intermittent("intermittent_weekly", "W", 300, 156, horizon=13, longest_interval=8, seed=12)


def intermittent_monthly() -> Panel:
    """Demand for 200 spare parts over 60 months, 6 months ahead, as in :func:`_intermittent`: up to 6 months apart."""
    return _intermittent("intermittent_monthly", "M", 200, 60, horizon=6, longest_interval=6, seed=13)


def trend_breaks() -> Panel:
    """150 items over 96 months, 12 months ahead: growth that changes 1 to 3 times, at any month.

    Log level = level + piecewise linear growth of -2 % to 2 % a month; half of the items also jump by up to half of
    their level once; half have a yearly season of 5 % to 30 %. Noise of 3 % to 12 % (lognormal).
    """
    random = np.random.default_rng(21)
    items, months = 150, 96
    growth = np.stack([_piecewise_constant(random, months, int(random.integers(1, 4)), 0.02) for _ in range(items)])
    jumps = np.zeros((items, months))
    for row in range(0, items, 2):
        jumps[row, random.integers(12, months - 6) :] = np.log(random.uniform(0.5, 1.5))
    season = _yearly_season(random, items, months, 12.0) * (np.arange(items) % 4 < 2)[:, None]
    noise = random.normal(size=(items, months)) * random.uniform(0.03, 0.12, (items, 1))
    values = np.exp(random.normal(5, 1, (items, 1)) + growth.cumsum(axis=1) + jumps + season + noise)
    return _panel("trend_breaks", "M", values, horizon=12)


def short_series() -> Panel:
    """300 items with 12 to 30 months before the newest cutoff, 6 months ahead; cutoffs 2 months apart.

    Levels differ by a factor of 50; growth of -3 % to 3 % a month in a third of the items, a yearly season of 10 % to
    50 % in half of them, noise of 5 % to 30 % (lognormal).
    """
    random = np.random.default_rng(22)
    items, horizon, months = 300, 6, 36
    growth = np.where(np.arange(items) % 3 == 0, random.uniform(-0.03, 0.03, items), 0.0)[:, None] * np.arange(months)
    season = 1.7 * _yearly_season(random, items, months, 12.0) * (np.arange(items) % 4 < 2)[:, None]
    noise = random.normal(size=(items, months)) * random.uniform(0.05, 0.3, (items, 1))
    values = np.exp(random.uniform(2, 6, (items, 1)) + growth + season + noise)
    lengths = random.integers(12, 31, items) + horizon
    lengths[0] = months
    values[np.arange(months) < months - lengths[:, None]] = np.nan
    return _panel("short_series", "M", values, horizon=horizon, stride=2)


def long_hourly() -> Panel:
    """6 meters over the 8,760 hours of 2025, 168 hours ahead; the newest windows hold Christmas.

    Level x day (morning and evening peak, other hours at weekends) x week x year, an AR(1) noise of 6 % with
    coefficient 0.9, and public holidays on which a meter behaves as on Sunday, less 10 %. The related series
    ``holiday`` is known ahead.
    """
    random = np.random.default_rng(31)
    timeline = pd.date_range("2025-01-01", "2025-12-31 23:00", freq="h")
    holiday = np.array([hour.day in _HOLIDAYS_2025.get(hour.month, ()) for hour in timeline])
    weekday = np.where(holiday, 6, timeline.dayofweek)
    phase = 2 * np.pi * np.asarray(timeline.dayofyear) / 365
    rows = []
    for _ in range(6):
        working, resting = _day(random, early=True), _day(random, early=False)
        hour = np.where(weekday < 5, working[timeline.hour], resting[timeline.hour])
        week = random.uniform(0.9, 1.1, 7)[weekday] * np.where(weekday >= 5, random.uniform(0.6, 0.9), 1.0)
        year = 1 + random.uniform(0.1, 0.3) * np.cos(phase - random.uniform(0, 2 * np.pi))
        noise = np.exp(_autoregressive(random, len(timeline), 0.9, 0.06))
        rows.append(random.uniform(20, 400) * hour * week * year * noise * np.where(holiday, 0.9, 1.0))
    target = _long(np.stack(rows), timeline, "target")
    related = target[["item_id", "timestamp"]].assign(holiday=np.tile(holiday.astype(float), len(rows)))
    return Panel("long_hourly", TrainingFrames(target, related), Frequency.parse("H"), 168, known_ahead=("holiday",))


def weekly_promotions() -> Panel:
    """100 products over 156 weeks, 8 weeks ahead, with the discount of every week known ahead.

    Level x yearly season of 5 % to 20 % x slow random walk x lognormal noise of 10 %. A product has promotions in 12 %
    of the weeks, of 10 % to 40 %: sales rise by exp(elasticity x discount), where the elasticity is 2 to 5 by category
    (metadata ``category``, 4 of them), and fall by 15 % in the week after.
    """
    random = np.random.default_rng(41)
    items, weeks = 100, 156
    discount = np.where(random.random((items, weeks)) < 0.12, random.choice([0.1, 0.2, 0.3, 0.4], (items, weeks)), 0.0)
    category = random.integers(0, 4, items)
    uplift = np.array([2.0, 3.0, 4.0, 5.0])[category][:, None] * discount
    after = np.where(np.roll(discount, 1, axis=1) > 0, np.log(0.85), 0.0)
    after[:, 0] = 0.0
    slow = random.normal(0, 0.02, (items, weeks)).cumsum(axis=1)
    noise = random.normal(0, 0.1, (items, weeks))
    season = 0.65 * _yearly_season(random, items, weeks, 365.25 / 7)
    sales = np.exp(random.normal(4, 1, (items, 1)) + season + slow + uplift + after + noise).round()
    timeline = _timeline("W", weeks)
    target, related = _long(sales, timeline, "target"), _long(discount, timeline, "discount")
    metadata = pd.DataFrame({"item_id": _names(items), "category": [f"category_{code}" for code in category]})
    return Panel(
        "weekly_promotions",
        TrainingFrames(target, related, metadata),
        Frequency.parse("W"),
        8,
        known_ahead=("discount",),
    )


def heteroscedastic_hourly() -> Panel:
    """8 items over 90 days, 24 hours ahead: how uncertain an hour is depends on the hour.

    A smooth day shape x lognormal noise whose standard deviation goes from 3 % at the quietest hour to 30 % to 60 % at
    the busiest, scaled by an AR(1) volatility that holds for days.
    """
    random = np.random.default_rng(51)
    hours = 90 * 24
    rows = []
    for _ in range(8):
        activity = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(hours) + random.integers(0, 24)) / 24)
        spread = 0.03 + (random.uniform(0.3, 0.6) - 0.03) * activity
        volatility = np.exp(_autoregressive(random, hours, 0.98, 0.3))
        noise = np.exp(random.normal(size=hours) * spread * volatility)
        rows.append(random.uniform(50, 500) * (1 + 2 * activity) * noise)
    return _panel("heteroscedastic_hourly", "H", np.stack(rows), horizon=24)


def daily_traffic() -> Panel:
    """100 web pages over 1,095 days, 30 days ahead: visits with a week, a year, a wandering level and spikes.

    Log visits = level + random walk of 2 % a day + weekday effects + a yearly season + noise of 10 %; on 1 % of the
    days visits rise up to five-fold and fall back to normal within about a week.
    """
    random = np.random.default_rng(61)
    items, days = 100, 1095
    walk = random.normal(0, 0.02, (items, days)).cumsum(axis=1)
    week = np.tile(random.normal(0, 0.2, (items, 7)), days // 7 + 1)[:, :days]
    noise = random.normal(0, 0.1, (items, days))
    spikes = np.where(random.random((items, days)) < 0.01, random.uniform(0.3, np.log(5), (items, days)), 0.0)
    for day in range(1, days):
        spikes[:, day] = np.maximum(spikes[:, day], 0.6 * spikes[:, day - 1])
    season = _yearly_season(random, items, days, 365.25)
    values = np.exp(random.normal(6, 1.5, (items, 1)) + walk + week + season + noise + spikes).round()
    return _panel("daily_traffic", "D", values, horizon=30)


def many_weekly(items: int, weeks: int, horizon: int) -> Panel:
    """As many items as asked for, a mixture of what shops sell: for measuring time, not accuracy.

    Log level + growth of -0.3 % to 0.3 % a week + a yearly season + noise of 5 % to 40 %. In every third item a share
    of the weeks, 0 % to 90 %, has no sales.
    """
    random = np.random.default_rng(71)
    growth = random.uniform(-0.003, 0.003, (items, 1)) * np.arange(weeks)
    noise = random.normal(size=(items, weeks)) * random.uniform(0.05, 0.4, (items, 1))
    values = np.exp(random.normal(3, 1, (items, 1)) + growth + _yearly_season(random, items, weeks, 365.25 / 7) + noise)
    empty = random.uniform(0, 0.9, (items, 1)) * (np.arange(items) % 3 == 0)[:, None]
    values[random.random((items, weeks)) < empty] = 0.0
    return _panel("many_weekly", "W", values.round(), horizon=horizon)


def _intermittent(
    name: str, unit: str, items: int, periods: int, *, horizon: int, longest_interval: float, seed: int
) -> Panel:
    """Zero in most periods.

    The mean interval between demands is log-uniform from 1.3 periods to ``longest_interval``. Sizes are, by thirds of
    the items, 1 + Poisson, geometric, or rounded lognormal with a heavy tail. In one item of five demand dies out to a
    tenth, in one of five it starts late, in one of five it doubles at some time.
    """
    random = np.random.default_rng(seed)
    probability = np.exp(-random.uniform(np.log(1.3), np.log(longest_interval), (items, 1))) * np.ones(periods)
    if unit == "D":
        weekend = _timeline(unit, periods).dayofweek >= 5
        probability *= np.where((np.arange(items) % 2 == 0)[:, None] & weekend, 0.5, 1.0)
    values = np.zeros((items, periods))
    for row in range(items):
        event = random.integers(periods // 3, periods - horizon)
        probability[row, event:] *= {0: 0.1, 1: 2.0}.get(row % 5, 1.0)
        ordered = random.random(periods) < np.minimum(probability[row], 1.0)
        values[row, ordered] = _sizes(random, row % 3, int(ordered.sum()))
        if row % 5 == 2:
            values[row, : event // 2] = np.nan
    return _panel(name, unit, values, horizon=horizon)


def _sizes(random: Random, kind: int, count: int) -> Floats:
    if kind == 0:
        return np.asarray(1.0 + random.poisson(random.uniform(0, 4), count))
    if kind == 1:
        return random.geometric(random.uniform(0.1, 0.6), count).astype(float)
    return np.asarray(np.ceil(random.lognormal(random.uniform(0, 2.5), 1.0, count)))


def _day(random: Random, *, early: bool) -> Floats:
    """24 factors with a mean of 1: a base, a morning and an evening peak."""
    hours = np.arange(24)
    morning, evening = random.uniform(7, 9) + (0 if early else 2), random.uniform(18, 21)
    peaks = [random.uniform(0.5, 2) * np.exp(-((hours - peak) ** 2) / (2 * 2.0**2)) for peak in (morning, evening)]
    shape = 0.6 + sum(peaks)
    return np.asarray(shape / shape.mean())


def _autoregressive(random: Random, periods: int, coefficient: float, deviation: float) -> Floats:
    """AR(1) around 0 with this standard deviation."""
    shocks = random.normal(0, deviation * np.sqrt(1 - coefficient**2), periods)
    values = np.zeros(periods)
    for period in range(1, periods):
        values[period] = coefficient * values[period - 1] + shocks[period]
    return values


def _piecewise_constant(random: Random, periods: int, breaks: int, most: float) -> Floats:
    starts = np.sort(random.choice(np.arange(6, periods - 3), breaks, replace=False))
    return np.asarray(random.uniform(-most, most, breaks + 1)[np.searchsorted(starts, np.arange(periods), "right")])


def _yearly_season(random: Random, items: int, periods: int, year: float) -> Floats:
    """(items x periods): two harmonics of the year; the amplitude of the first is 5 % to 30 % in logarithms."""
    angle = 2 * np.pi * np.arange(periods) / year
    first, second = random.uniform(0.05, 0.3, (items, 1)), random.uniform(0, 0.1, (items, 1))
    shift = random.uniform(0, 2 * np.pi, (2, items, 1))
    return np.asarray(first * np.sin(angle + shift[0]) + second * np.sin(2 * angle + shift[1]))


def _panel(name: str, unit: str, values: Floats, *, horizon: int, stride: int | None = None) -> Panel:
    target = _long(values, _timeline(unit, values.shape[1]), "target")
    return Panel(name, TrainingFrames(target), Frequency.parse(unit), horizon, stride=stride)


def _timeline(unit: str, periods: int) -> pd.DatetimeIndex:
    return pd.date_range("2020-01-06" if unit == "W" else "2020-01-01", periods=periods, freq=_PANDAS_UNIT[unit])


def _names(items: int) -> list[str]:
    return [f"item_{number:06}" for number in range(items)]


def _long(values: Floats, timeline: pd.DatetimeIndex, column: str) -> pd.DataFrame:
    """One row per value that is not NaN, sorted by item and timestamp."""
    items, periods = values.shape
    frame = pd.DataFrame(
        {
            "item_id": np.repeat(np.array(_names(items), dtype=object), periods),
            "timestamp": np.tile(timeline.to_numpy(), items),
            column: values.ravel(),
        }
    )
    return frame.dropna(ignore_index=True)
