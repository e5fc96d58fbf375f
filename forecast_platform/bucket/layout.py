"""What the keys of a project's prefix mean.

Belongs here: names of objects and folders, relative to the project's prefix. Does not belong here: reading or
writing them.
"""

from __future__ import annotations

from datetime import datetime

from forecast_platform.cutoffs import cutoff_key

PARAMS = "params.json"
TRAIN = "train/"
TMP = "tmp/"
PARSED = "parsed/"
"""Typed Parquet of what is in ``train/``: one object per uploaded file and one snapshot per state of the folder."""
SNAPSHOT = "parsed/current.json"
"""Pointer to the newest snapshot of ``train/``."""
RAW_HISTORY = "history/raw/"
CLEAN_HISTORY = "history/clean/"
PUBLISHED = "quicksight/"
PUBLISHED_FORECAST = "quicksight/forecast.csv"
PUBLICATION = "publication.json"
"""Which cutoff is the newest published one; the commit point of a publication."""
QUARANTINE = "quarantine/"
DASHBOARD = "dashboard/"
DASHBOARD_PAGE = "dashboard/index.html"
MONITORING = "monitoring/"
METRICS = "metrics/"
PREDICTOR_METRICS = "metrics/predictor/"
FORECAST_ACCURACY = "metrics/forecast_accuracy/"
RUN_LOG = "metrics/run_log/"


def landing(cutoff: datetime) -> str:
    """Where the export of ``cutoff`` lands before it is processed."""
    return f"{TMP}{cutoff_key(cutoff)}/"


def raw_history(cutoff: datetime) -> str:
    """Where the raw exports of ``cutoff`` stay for ever."""
    return f"{RAW_HISTORY}cutoff={cutoff_key(cutoff)}/"


def clean_history(cutoff: datetime) -> str:
    """The processed forecast of ``cutoff``."""
    return f"{CLEAN_HISTORY}cutoff={cutoff_key(cutoff)}/forecast.parquet"


def forecast_accuracy(cutoff: datetime) -> str:
    """The forecast of ``cutoff`` compared with the actuals that have arrived."""
    return f"{FORECAST_ACCURACY}cutoff={cutoff_key(cutoff)}/accuracy.parquet"


def predictor_metrics(cutoff: datetime) -> str:
    """Backtest metrics of the predictor trained at ``cutoff``."""
    return f"{PREDICTOR_METRICS}cutoff={cutoff_key(cutoff)}/metrics.parquet"
