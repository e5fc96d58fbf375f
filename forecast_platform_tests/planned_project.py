"""The small project with a plan: promotions that are known ahead and double what is sold, and the shelf of each item.

NPTS forecasts it: of the algorithms that look at a plan it is the one that needs neither training nor an extra.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.small_project import DAYS, FIRST_DAY, HORIZON, ITEMS, after, small_params, small_workspace

CUTOFF = after(DAYS)
SCENARIO = (
    '{"TimeSeriesTransformations": [{"Action": {"AttributeName": "promotion", "Operation": "ADD", "Value": 1},'
    ' "TimeSeriesConditions": [{"AttributeName": "item_id", "AttributeValue": "milk", "Condition": "EQUALS"},'
    ' {"AttributeName": "promotion", "AttributeValue": "1", "Condition": "LESS_THAN"}]}]}'
)
"""Milk is promoted on every day of the horizon."""


def planned_params(**changes: Any) -> dict[str, Any]:
    """The parameters; ``changes`` replace top-level keys."""
    params = small_params()
    params["Predictor"]["AlgorithmArn"] = "arn:aws:forecast:::algorithm/NPTS"
    params["Datasets"] += [
        _dataset("RELATED_TIME_SERIES", {"timestamp": "timestamp", "item_id": "string", "promotion": "float"}),
        _dataset("ITEM_METADATA", {"item_id": "string", "shelf": "string"}),
    ]
    return params | changes


def planned_files() -> dict[str, bytes]:
    """Bucket keys and bytes of the training data. One day of the horizon is promoted."""
    sales, plan = [], []
    for item in ITEMS:
        for day in range(DAYS + HORIZON):
            promoted = day % 4 == 1
            plan.append(f"{_date(day)},{item},{promoted:d}")
            if day < DAYS:
                sales.append(f"{_date(day)},{20 * (1 + promoted) + day % 3},{item}")
    return {
        "train/days.csv": _lines(sales),
        "train/days.related.csv": _lines(plan),
        "train/days.metadata.csv": _lines([f"{item},{item[0]}" for item in ITEMS]),
    }


def planned_workspace(home: Path, params: dict[str, Any] | None = None, **changes: Any) -> Workspace:
    """A workspace below ``home`` whose bucket holds the parameters and the data."""
    workspace = small_workspace(home, params or planned_params(), **changes)
    for key, data in planned_files().items():
        workspace.bucket.write(key, data)
    return workspace


def first_forecast_day() -> datetime:
    """The first day of the horizon at :data:`CUTOFF`."""
    return FIRST_DAY + timedelta(days=DAYS)


def _date(day: int) -> str:
    return f"{FIRST_DAY + timedelta(days=day):%Y-%m-%d}"


def _lines(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


def _dataset(kind: str, attributes: dict[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "DatasetName": f"small_{kind.lower()}",
        "Domain": "CUSTOM",
        "DatasetType": kind,
        "Schema": {"Attributes": [{"AttributeName": name, "AttributeType": one} for name, one in attributes.items()]},
    }
    return found if kind == "ITEM_METADATA" else found | {"DataFrequency": "D"}
