"""Small series and tasks for the engine's tests. No tests here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from forecast_platform.engine.task import ForecastTask
from forecast_platform.frequency import Frequency

PANDAS = {"min": "min", "H": "h", "D": "D", "W": "7D", "M": "MS", "Y": "YS"}


def task(frequency: str = "D", horizon: int = 7, data_frequency: str | None = None, **changes: Any) -> ForecastTask:
    """A task with the defaults of the API."""
    data = Frequency.parse(data_frequency or frequency)
    return ForecastTask(Frequency.parse(frequency), data, horizon, **changes)


def series(
    values: Sequence[float], item: str = "bread", start: str = "2024-01-01", frequency: str = "D"
) -> pd.DataFrame:
    """One series in the canonical frame."""
    timestamps = pd.date_range(start, periods=len(values), freq=PANDAS[frequency])
    return pd.DataFrame({"item_id": item, "timestamp": timestamps, "target": np.asarray(values, dtype=float)})


def weekly_cycle(days: int, seed: int = 0, level: float = 20.0) -> np.ndarray[Any, np.dtype[np.float64]]:
    """A daily series with a weekly cycle and noise, never negative."""
    noise = np.random.default_rng(seed).normal(0, 1, days)
    return np.maximum(level + 5 * np.sin(2 * np.pi * np.arange(days) / 7) + noise, 0)


def quiet(what: str, done: int, total: int) -> None:
    """Progress that nobody watches."""
