"""Seasonal naive: the last season again.

Belongs here: algorithms that repeat what was observed. Does not belong here: anything that is fitted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecast_platform.engine.algorithms.contract import Floats, Forecasts, History


@dataclass(frozen=True)
class SeasonalNaive:
    """Repeats the last season; what was never observed in a phase takes the series' last value. All series at once."""

    season: int
    fits_each_series: bool = False

    @property
    def name(self) -> str:
        return f"SeasonalNaive_{self.season}"

    def forecast(self, history: History, horizon: int) -> Forecasts:
        last_season = _last_season(history.values, self.season)
        steps = np.arange(horizon) % self.season
        return Forecasts(last_season[:, steps])


def _last_season(values: Floats, season: int) -> Floats:
    """(series × season): per phase the newest observed value, oldest phase first."""
    rows, periods = values.shape
    padded = np.full((rows, -(-periods // season) * season), np.nan)
    padded[:, padded.shape[1] - periods :] = values
    seasons = padded.reshape(rows, -1, season)
    newest = np.full((rows, season), np.nan)
    for index in range(seasons.shape[1] - 1, -1, -1):
        missing = np.isnan(newest)
        if not missing.any():
            break
        newest = np.where(missing, seasons[:, index], newest)
    return np.where(np.isnan(newest), _last_value(values)[:, None], newest)


def _last_value(values: Floats) -> Floats:
    newest_first = values[:, ::-1]
    return np.asarray(newest_first[np.arange(len(values)), (~np.isnan(newest_first)).argmax(axis=1)])
