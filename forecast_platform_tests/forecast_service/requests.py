"""Requests to a forecast service, and a main program that makes one in a process of its own. No tests here."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.forecast_service.local import LocalForecastService
from forecast_platform.forecast_service.port import ImportRequest
from forecast_platform.params import Params, parse_params
from forecast_platform_tests.engine.series import quiet, weekly_cycle

FIRST_DAY = datetime(2024, 1, 1)
ITEMS = ("bread", "milk, fresh", "한글 🍞")


def params(algorithm: str | None = "SeasonalNaive", **changes: Any) -> Params:
    """Daily sales per item and store; ``changes`` go into the Predictor."""
    attributes = {"item_id": "string", "store": "string", "timestamp": "timestamp", "demand": "float"}
    predictor = {
        "PredictorName": "ShopPredictor",
        "ForecastHorizon": 5,
        "FeaturizationConfig": {"ForecastFrequency": "D", "ForecastDimensions": ["store"]},
        **({"AlgorithmArn": f"arn:aws:forecast:::algorithm/{algorithm}"} if algorithm else {"PerformAutoML": True}),
    }
    document = {
        "DatasetGroup": {"DatasetGroupName": "Shop", "Domain": "RETAIL"},
        "Datasets": [
            {
                "DatasetName": "ShopTarget",
                "Domain": "RETAIL",
                "DatasetType": "TARGET_TIME_SERIES",
                "DataFrequency": "D",
                "Schema": {
                    "Attributes": [{"AttributeName": name, "AttributeType": kind} for name, kind in attributes.items()]
                },
            }
        ],
        "Predictor": predictor | changes,
        "Forecast": {"ForecastName": "ShopForecast", "ForecastTypes": ["0.1", "0.5", "0.9", "mean"]},
        "TimestampFormat": "yyyy-MM-dd",
    }
    return parse_params(json.dumps(document)).params


def sales(days: int = 60, items: tuple[str, ...] = ITEMS) -> pd.DataFrame:
    """The target of ``days`` days from :data:`FIRST_DAY`."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "item_id": item,
                    "store": "1",
                    "timestamp": pd.date_range(FIRST_DAY, periods=days),
                    "target": weekly_cycle(days, seed),
                }
            )
            for seed, item in enumerate(items)
        ],
        ignore_index=True,
    )


def request(target: pd.DataFrame, asked: Params | None = None, project: str = "shop") -> ImportRequest:
    """A request whose cutoff is the end of the data."""
    digest = str(int(np.int64(pd.util.hash_pandas_object(target).to_numpy().view(np.int64).sum())))
    cutoff = (target["timestamp"].max() + pd.Timedelta(days=1)).to_pydatetime()
    return ImportRequest(project, cutoff, asked or params(), digest, lambda: TrainingFrames(target))


def run(home: Path, bucket: Path, algorithm: str | None) -> list[str]:
    """Train, forecast and export; returns the names and whether each was adopted."""
    service, asked = LocalForecastService(home), request(sales(), params(algorithm))
    predictor = service.train_predictor(asked, quiet)
    forecast = service.create_forecast(predictor.name, asked, quiet)
    keys = service.export_forecast(forecast.name, LocalBucket(bucket), "tmp/").keys
    return [predictor.name, forecast.name, *keys, str(predictor.reused)]


if __name__ == "__main__":
    print(json.dumps(run(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] or None)))
