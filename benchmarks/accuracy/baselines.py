"""What the engine has to beat: plain models of statsforecast, as a careful user would run them.

Belongs here: forecasters that need no tuning. Does not belong here: the engine's own algorithms.
"""

from __future__ import annotations

import time
import warnings
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.accuracy.panels import longest_nested_season, pandas_frequency, usual_season
from benchmarks.accuracy.scoring import QUANTILES, Answer, Setting
from forecast_platform.engine.frames import TrainingFrames

_LONGEST_HISTORY = 2000
"""Periods that ETS and Theta see: on 8,000 hours they take 28 s and 22 s a series, and these are the recent 83 days."""

_SHORTEST_FOR_INTERVALS = 2
"""Residuals that the standard error of seasonal naive needs at least."""


def seasonal_naive(frames: TrainingFrames, setting: Setting) -> Answer:
    """statsforecast's SeasonalNaive on the longest nested season that a series has a residual of, else on season 1.

    p10 and p90 are its 80 % interval, from the residuals of the last season against the one before.
    """
    from statsforecast.models import SeasonalNaive

    started = time.perf_counter()
    target = frames.target
    season = longest_nested_season(setting.frequency)
    lengths = target.groupby("item_id")["target"].transform("size")
    long_enough = lengths >= season + _SHORTEST_FOR_INTERVALS
    parts = [
        _forecast(rows, [SeasonalNaive(length)], setting)
        for rows, length in ((target[long_enough], season), (target[~long_enough], 1))
        if len(rows)
    ]
    forecast = pd.concat(parts, ignore_index=True)
    # Two observations or fewer leave no residuals: the interval is the point.
    forecast = forecast.assign(**{label: forecast[label].fillna(forecast["p50"]) for label in ("p10", "p90")})
    return Answer(_cut_at_zero(forecast, target), 0.0, time.perf_counter() - started)


def ets_theta(frames: TrainingFrames, setting: Setting) -> Answer:
    """The mean of the quantiles of statsforecast's AutoETS and AutoTheta, which is also the median of the two.

    Both get the usual season of the frequency and at most the last 2,000 periods. Where one cannot fit a series,
    seasonal naive with season 1 takes its place.
    """
    from statsforecast.models import AutoETS, AutoTheta

    started = time.perf_counter()
    season = usual_season(setting.frequency)
    recent = frames.target.groupby("item_id").tail(_LONGEST_HISTORY)
    forecast = _forecast(recent, [AutoETS(season_length=season), AutoTheta(season_length=season)], setting)
    return Answer(_cut_at_zero(forecast, frames.target), 0.0, time.perf_counter() - started)


def _forecast(target: pd.DataFrame, models: list[Any], setting: Setting) -> pd.DataFrame:
    from statsforecast import StatsForecast
    from statsforecast.models import Naive

    named = target.rename(columns={"item_id": "unique_id", "timestamp": "ds", "target": "y"})
    frequency = pandas_frequency(setting.frequency, named["ds"].max())
    # Starting processes takes longer than one simple model needs for everything.
    jobs = setting.jobs if len(models) > 1 else 1
    service = StatsForecast(models, freq=frequency, n_jobs=jobs, fallback_model=Naive())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = service.forecast(df=named[["unique_id", "ds", "y"]], h=setting.horizon, level=[80])
    names = [repr(model) for model in models]
    columns = {"p10": "-lo-80", "p50": "", "p90": "-hi-80"}
    values = {label: made[[name + ending for name in names]].mean(axis=1) for label, ending in columns.items()}
    return pd.DataFrame({"item_id": made["unique_id"], "timestamp": made["ds"], **values})


def _cut_at_zero(forecast: pd.DataFrame, target: pd.DataFrame) -> pd.DataFrame:
    """No forecast below zero for a series that never was."""
    lowest = target.groupby("item_id")["target"].min()
    floor = np.where(forecast["item_id"].map(lowest) < 0, -np.inf, 0.0)
    return forecast.assign(**{label: np.maximum(forecast[label], floor) for label in QUANTILES})
