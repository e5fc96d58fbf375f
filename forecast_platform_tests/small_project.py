"""A forecast project that is small enough to run in a fraction of a second: two items, sixty days, seasonal naive."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from forecast_platform.bucket import layout
from forecast_platform.cutoffs import Cadence, CutoffSchedule, Retrain
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform.platform import Platform
from forecast_platform.project import Project
from forecast_platform.settings import Settings

FIRST_DAY = datetime(2025, 1, 1)
DAYS = 60
HORIZON = 5
ITEMS = ("bread", "milk")
TYPES = ("p10", "p50", "p90")


def small_params(**changes: Any) -> dict[str, Any]:
    """The parameters; ``changes`` replace top-level keys."""
    params: dict[str, Any] = {
        "DatasetGroup": {"DatasetGroupName": "small", "Domain": "CUSTOM"},
        "Datasets": [
            {
                "DatasetName": "small_target",
                "Domain": "CUSTOM",
                "DatasetType": "TARGET_TIME_SERIES",
                "DataFrequency": "D",
                "Schema": {
                    "Attributes": [
                        {"AttributeName": "timestamp", "AttributeType": "timestamp"},
                        {"AttributeName": "target_value", "AttributeType": "float"},
                        {"AttributeName": "item_id", "AttributeType": "string"},
                    ]
                },
            }
        ],
        "Predictor": {
            "PredictorName": "small_predictor",
            "ForecastHorizon": HORIZON,
            "FeaturizationConfig": {"ForecastFrequency": "D"},
            "AlgorithmArn": "arn:aws:forecast:::algorithm/SeasonalNaive",
        },
        "Forecast": {"ForecastName": "small_forecast", "ForecastTypes": ["0.1", "0.5", "0.9"]},
        "TimestampFormat": "yyyy-MM-dd",
        "PerformDelete": False,
    }
    return params | changes


def value(item: str, day: int) -> float:
    """The observation of ``item`` on day number ``day``: a weekly cycle with a little of everything on top."""
    return round(20.0 + 3 * ITEMS.index(item) + 5 * (day % 7) + (day * 37 % 11) / 4, 2)


def small_csv(first: int = 0, days: int = DAYS, items: tuple[str, ...] = ITEMS, header: bool = False) -> bytes:
    """Rows of ``days`` days from day number ``first``."""
    lines = ["timestamp,target_value,item_id"] if header else []
    for item in items:
        for day in range(first, first + days):
            lines.append(f"{FIRST_DAY + timedelta(days=day):%Y-%m-%d},{value(item, day)},{item}")
    return ("\n".join(lines) + "\n").encode()


def after(days: int) -> datetime:
    """The cutoff that sees the first ``days`` days."""
    return FIRST_DAY + timedelta(days=days)


def small_project(**changes: Any) -> Project:
    """Daily cutoffs from day 40 on, a weekly retraining grid."""
    facts: dict[str, Any] = {
        "name": "small",
        "prefix": "small",
        "schedule": CutoffSchedule(Cadence.DAILY, after(40), after(90)),
        "retrain": Retrain.WEEKLY,
    }
    return Project(**facts | changes)


def small_workspace(home: Path, params: dict[str, Any] | None = None, **changes: Any) -> Workspace:
    """A workspace below ``home`` whose bucket holds the parameters and sixty days of data."""
    workspace = Platform(Settings(home=home)).workspace(small_project(**changes))
    workspace.bucket.write("params.json", json.dumps(params or small_params()).encode())
    workspace.bucket.write("train/days.csv", small_csv())
    return workspace


def run_steps(workspace: Workspace, cutoff: datetime) -> None:
    """Every step of the job, in its order."""
    from forecast_platform.pipeline.clean_forecast import keep_clean_history, publish_forecast
    from forecast_platform.pipeline.dashboard import publish_dashboard
    from forecast_platform.pipeline.data_drift import watch_data
    from forecast_platform.pipeline.forecast_accuracy import score_forecasts
    from forecast_platform.pipeline.forecasting import export_forecast
    from forecast_platform.pipeline.inputs import import_data, read_training_data
    from forecast_platform.pipeline.tables import publish_tables
    from forecast_platform.pipeline.training import train_predictor

    read_training_data(workspace, cutoff)
    watch_data(workspace, cutoff)
    import_data(workspace, cutoff)
    train_predictor(workspace, cutoff, quiet)
    export_forecast(workspace, cutoff, quiet)
    publish_forecast(workspace, cutoff)
    keep_clean_history(workspace, cutoff)
    score_forecasts(workspace, cutoff)
    publish_tables(workspace, cutoff)
    publish_dashboard(workspace, cutoff)


def quiet(what: str, done: int, total: int) -> None:
    """A progress callback that says nothing."""


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below ``folder`` but hidden ones, with its bytes.

    The pointer to the newest snapshot remembers the inodes of the uploads, so that they need not be read again; those
    are left out because no two homes share them.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in relative.parts):
            found[str(relative)] = path.read_bytes()
            if str(relative).endswith(layout.SNAPSHOT):
                pointer = json.loads(found[str(relative)])
                del pointer["versions"]
                found[str(relative)] = json.dumps(pointer).encode()
    return found
