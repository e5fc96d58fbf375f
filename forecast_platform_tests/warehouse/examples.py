"""A small project with every table filled, and the text of the old pipeline's BI query."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Generic, TypeVar

import pandas as pd

from forecast_platform.bucket import Bucket, layout
from forecast_platform.bucket.local import LocalBucket
from forecast_platform.params import Params, parse_params
from forecast_platform.warehouse import Catalogue, Warehouse
from forecast_platform.warehouse.duckdb_warehouse import DuckDbWarehouse
from forecast_platform.warehouse.tables import project_catalogue

Engine = TypeVar("Engine", bound=Warehouse)

OLD_BI_QUERY = """SELECT LOWER(item_id) as item_id,
         target_value,
         date_parse(timestamp, '%Y-%m-%d %H:%i:%s') as timestamp,
         type
FROM default.forecast
UNION ALL
SELECT LOWER(item_id) as item_id,
         target_value,
         date_parse(timestamp, '%Y-%m-%d %H:%i:%s') as timestamp,
         'history' as type
FROM default.train"""

TRAIN_KEY = "parsed/target/rows.parquet"
FIRST, SECOND = datetime(2014, 11, 29), datetime(2014, 11, 30)
AWKWARD_ITEMS = [
    'quo"te',
    "com,ma",
    "line\nbreak",
    "carriage\r\nreturn",
    "한글",
    "🙂",
    "'; DROP TABLE train; --",
    "NULL",
]


def electricity_params(**changes: Any) -> Params:
    """The parameters of the old pipeline's sample, with some of their top-level keys changed."""
    document = {
        "DatasetGroup": {"DatasetGroupName": "Example", "Domain": "CUSTOM"},
        "Predictor": {
            "PredictorName": "ExamplePredictor",
            "ForecastHorizon": 72,
            "FeaturizationConfig": {"ForecastFrequency": "H"},
            "PerformAutoML": True,
        },
        "Forecast": {"ForecastName": "ExampleForecast", "ForecastTypes": ["0.10", "0.50", "0.90"]},
        "TimestampFormat": "yyyy-MM-dd HH:mm:ss",
        "Datasets": [
            dataset(
                "TARGET_TIME_SERIES",
                {"timestamp": "timestamp", "target_value": "float", "item_id": "string"},
                name="Target",
            )
        ],
        "PerformDelete": False,
    }
    return parse_params(json.dumps({**document, **changes})).params


def sales_params(frequency: str, horizon: int, features: dict[str, str]) -> Params:
    """Parameters with every type of dataset, a forecast dimension and columns that are not in lower case.

    Args:
        features: Name -> type, of the related time series.
    """
    keys = {"store": "string", "item_id": "string", "timestamp": "timestamp"}
    metadata = {"item_id": "string", "Brand": "string", "size": "string"}
    return electricity_params(
        DatasetGroup={"DatasetGroupName": "Sales", "Domain": "RETAIL"},
        Predictor={
            "PredictorName": "Sales",
            "ForecastHorizon": horizon,
            "FeaturizationConfig": {"ForecastFrequency": frequency, "ForecastDimensions": ["store"]},
            "PerformAutoML": True,
        },
        Datasets=[
            dataset("TARGET_TIME_SERIES", {**keys, "demand": "integer"}, "Target", "RETAIL", frequency),
            dataset("RELATED_TIME_SERIES", {**keys, **features}, "Related", "RETAIL", frequency),
            dataset("ITEM_METADATA", metadata, "Metadata", "RETAIL"),
        ],
    )


def dataset(kind: str, attributes: dict[str, str], name: str, domain: str = "CUSTOM", frequency: str = "H") -> Any:
    """One entry of ``Datasets``."""
    described = {
        "DatasetName": name,
        "Domain": domain,
        "DatasetType": kind,
        "DataFrequency": frequency,
        "Schema": {
            "Attributes": [{"AttributeName": column, "AttributeType": type_} for column, type_ in attributes.items()]
        },
    }
    if kind == "ITEM_METADATA":
        del described["DataFrequency"]
    return described


def parquet(frame: pd.DataFrame) -> bytes:
    """A file of the columns as they are, with timestamps as this platform writes them."""
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False, coerce_timestamps="us")
    return buffer.getvalue()


def observations(items: list[str], hours: int = 3) -> pd.DataFrame:
    """Canonical target rows: hour after hour before :data:`SECOND`, values 0, 1, 2 … per item."""
    times = pd.date_range(end=SECOND, periods=hours + 1, freq="h")[:-1]
    rows = [(item, time, float(value)) for item in items for value, time in enumerate(times)]
    return pd.DataFrame(rows, columns=["item_id", "timestamp", "target"])


def forecast_rows(items: list[str]) -> pd.DataFrame:
    """The published forecast in the schema's column order."""
    rows = [
        ("2014-11-30 00:00:00", value, item, kind)
        for item in items
        for kind, value in (("p10", 1.0), ("p50", 2.5), ("p90", 4.0))
    ]
    return pd.DataFrame(rows, columns=["timestamp", "target_value", "item_id", "type"])


def fill_bucket(bucket: Bucket, items: list[str]) -> None:
    """Write a file for every table of a project without further dimensions."""
    bucket.write(TRAIN_KEY, parquet(observations(items)))
    bucket.write(layout.PUBLISHED_ROWS, parquet(forecast_rows(items)))
    for cutoff in (FIRST, SECOND):
        long = pd.DataFrame({"item_id": items, "timestamp": [cutoff] * len(items), "type": "p50", "value": 2.5})
        bucket.write(layout.clean_history(cutoff), parquet(long))
    accuracy = {"item_id": items[:1], "timestamp": [FIRST], "horizon_step": [1], "type": ["p50"]}
    bucket.write(
        layout.forecast_accuracy(FIRST), parquet(pd.DataFrame({**accuracy, "forecast": [2.0], "actual": [3.0]}))
    )
    measured = {"expected": [2], "observations": [1], "wql": [0.25], "wape": [0.5], "coverage": [1.0]}
    by_cutoff = {"cutoff": ["2014-11-29T00-00-00Z"], "window_start": [FIRST], "window_end": [SECOND], **measured}
    bucket.write(layout.FORECAST_ACCURACY_BY_CUTOFF, parquet(pd.DataFrame({**by_cutoff, "provisional": [True]})))
    bucket.write(
        layout.forecast_accuracy_by_step(FIRST),
        parquet(pd.DataFrame({"horizon_step": [1], "timestamp": [FIRST], **measured})),
    )
    bucket.write(layout.forecast_accuracy_by_item(FIRST), parquet(pd.DataFrame({"item_id": items[:1], **measured})))
    metric = {"predictor": ["p"], "algorithm": ["ETS"], "evaluation_type": ["SUMMARY"], "window_start": [FIRST]}
    metric |= {"window_end": [SECOND], "metric": ["wQL"], "quantile": [0.5], "value": [0.25]}
    bucket.write(layout.predictor_metrics(FIRST), parquet(pd.DataFrame(metric)))
    run: dict[str, list[Any]] = {
        "run_id": ["r1"],
        "project": ["electricity"],
        "cutoff": ["2014-11-29T00-00-00Z"],
        "status": ["SUCCESS"],
    }
    run |= {"started": [FIRST], "ended": [SECOND], "error": [""], "rows": [9], "average_wql": [0.25]}
    bucket.write(f"{layout.RUN_LOG}r1.parquet", parquet(pd.DataFrame(run)))


@dataclass(frozen=True)
class Home(Generic[Engine]):
    """A warehouse and the bucket whose folders are its databases."""

    bucket: Bucket
    warehouse: Engine


def fill(home: Home[Engine], items: list[str], *projects: str) -> Home[Engine]:
    """Give every one of ``projects`` the same filled tables."""
    for project in projects:
        fill_bucket(home.bucket.below(project), items)
        home.warehouse.publish(electricity_catalogue(project))
    return home


def electricity_catalogue(project: str, **changes: Any) -> Catalogue:
    """The tables of the sample project, with its parameters changed."""
    return project_catalogue(project, electricity_params(**changes), {"target": TRAIN_KEY})


def warehouse_with(home: Path, items: list[str], *projects: str) -> DuckDbWarehouse:
    """An embedded warehouse in which every one of ``projects`` has the same filled tables."""
    return fill(Home(LocalBucket(home / "bucket"), open_warehouse(home)), items, *projects).warehouse


def open_warehouse(home: Path) -> DuckDbWarehouse:
    below: Callable[[str], Bucket] = LocalBucket(home / "bucket").below
    return DuckDbWarehouse(home / "warehouse", below)
