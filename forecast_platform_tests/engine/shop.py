"""A small shop whose sales depend on the price, and an algorithm that knows how. No tests here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from forecast_platform.engine.algorithms.contract import Forecasts, History
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.predictor import Predictor
from forecast_platform.engine.task import ForecastTask
from forecast_platform.engine.training import train
from forecast_platform_tests.engine.series import quiet, task

DAYS, HORIZON = 60, 5
ITEMS = ("bread", "cake", "milk", "tea")
FIRST_DAY = pd.Timestamp("2024-01-01")
FIRST_FORECAST = FIRST_DAY + pd.Timedelta(days=DAYS)


@dataclass(frozen=True)
class PriceSensitive:
    """Sells its usual amount, twice as much at half the usual price, and a fifth more of what is sweet.

    It looks at the first feature and the first attribute only.
    """

    name: str = "PriceSensitive"
    fits_each_series: bool = False

    def forecast(self, history: History, horizon: int) -> Forecasts:
        """See :class:`Algorithm`."""
        assert history.covariates is not None
        price = history.covariates.values[0]
        usual = np.median(price[:, : history.values.shape[1]], axis=1, keepdims=True)
        sweet = 1 + 0.2 * (history.covariates.attributes[0] == 1)
        return Forecasts(history.values.mean(axis=1)[:, None] * sweet[:, None] * usual / price[:, -horizon:])


def shop(price_ahead: float = 10.0, more_features: int = 0) -> TrainingFrames:
    """Daily sales of four items at a usual price of 10, a feature without any influence, and two attributes.

    Args:
        price_ahead: Within the horizon, of every item.
        more_features: How many more features without influence there are.
    """
    random = np.random.default_rng(7)
    days = pd.date_range(FIRST_DAY, periods=DAYS + HORIZON)
    target, related = [], []
    for item in ITEMS:
        price = np.where(random.random(DAYS) < 0.2, 8.0, 10.0)
        sales = 200 / price + random.normal(0, 0.5, DAYS)
        target.append(pd.DataFrame({"item_id": item, "timestamp": days[:DAYS], "target": sales}))
        known = pd.DataFrame({"item_id": item, "timestamp": days})
        known["price"] = np.append(price, [price_ahead] * HORIZON)
        for number in range(1 + more_features):
            known[f"noise_{number}" if number else "noise"] = random.normal(0, 1, len(days)).round(2)
        related.append(known)
    metadata = pd.DataFrame(
        {"item_id": ITEMS, "taste": ["plain", "sweet", "plain", "plain"], "shelf": ["1", "2", "3", "3"]}
    )
    return TrainingFrames(pd.concat(target, ignore_index=True), pd.concat(related, ignore_index=True), metadata)


def shop_task(algorithm: str | None = "PriceSensitive", **changes: Any) -> ForecastTask:
    """Five days of the shop."""
    return task("D", HORIZON, algorithm=algorithm, **changes)


def price_sensitive_predictor(frames: TrainingFrames) -> Predictor:
    """A predictor whose only candidate is :class:`PriceSensitive`."""
    return train(frames, shop_task(), quiet, pretrained=[PriceSensitive()])
