"""What the keys of a project's prefix mean.

Belongs here: names of objects and folders, relative to the project's prefix. Does not belong here: reading or
writing them.

The folder of a table holds the files of that table and nothing else: Athena reads folders, and everything in them.
"""

from __future__ import annotations

import re
from datetime import datetime

from forecast_platform.cutoffs import cutoff_key
from forecast_platform.errors import InputError, Problem

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
PUBLISHED_ROWS = "tables/forecast/forecast.parquet"
"""The rows of that file for SQL: no CSV reader of Athena keeps a line break in a cell, or tells empty from NULL."""
PUBLICATIONS = "published/"
"""Which cutoff is the newest published one, per published object; never inside a folder that BI tools read."""
QUARANTINE = "quarantine/"
DASHBOARD = "dashboard/"
DASHBOARD_PAGE = "dashboard/index.html"
CLAIMED_VIEWS = "tables/views/"
"""The views of the project's database that this platform makes, an object each, written before the view is made: what
whoever makes it makes it from."""
PREDICTOR_METRICS = "metrics/predictor/"
PREDICTOR_DETAILS = "metrics/predictor_details/"
PREDICTOR_ITEM_METRICS = "metrics/predictor_items/"
FORECAST_ACCURACY = "metrics/forecast_accuracy/"
FORECAST_ACCURACY_BY_CUTOFF = "metrics/forecast_accuracy_by_cutoff/cutoffs.parquet"
"""One object for all cutoffs: what is known of each comparison, and whether it is up to date."""
FORECAST_ACCURACY_BY_STEP = "metrics/forecast_accuracy_by_step/"
FORECAST_ACCURACY_BY_ITEM = "metrics/forecast_accuracy_by_item/"
BACKTEST = "backtest/"
RUN_LOG = "metrics/run_log/"
EXPLAINABILITY = "explainability/"
WHAT_IF = "what_if/"
"""Scenarios, one JSON file each, and what is forecast for them in a folder of the same name."""
SENT_METRICS = "sent_metrics/"
"""Which metrics were sent to where people watch them, and which are still to be."""
DATA_DRIFT = "monitoring/drift/"
DATA_DRIFT_SUMMARIES = "monitoring/drift_summaries/"
RETRAINING = "monitoring/retraining/"
SERVICE = "service/"
"""What is handed to a service that reads the bucket, and what it is remembered to work on."""
WAITING = "service/waiting/"
"""What waits for a job of the service: one object per cutoff, asset and run that ended instead of waiting."""

_WHAT_IF_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]{0,62}")
WHAT_IF_NAME_RULE = "a letter, then letters, digits or underscores, at most 63 in all"


def pinned_snapshot(cutoff: datetime) -> str:
    """Which snapshot of ``train/`` the run of ``cutoff`` checked and goes on with."""
    return f"{PARSED}cutoffs/{cutoff_key(cutoff)}.json"


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


def forecast_accuracy_by_step(cutoff: datetime) -> str:
    """How good the forecast of ``cutoff`` was, by horizon step."""
    return f"{FORECAST_ACCURACY_BY_STEP}cutoff={cutoff_key(cutoff)}/steps.parquet"


def forecast_accuracy_by_item(cutoff: datetime) -> str:
    """How good the forecast of ``cutoff`` was, by item and forecast dimensions."""
    return f"{FORECAST_ACCURACY_BY_ITEM}cutoff={cutoff_key(cutoff)}/items.parquet"


def claimed_view(name: str) -> str:
    """Says that the view ``name`` of the project's database is this platform's, and who makes it last."""
    return f"{CLAIMED_VIEWS}{name}"


def predictor_metrics(cutoff: datetime) -> str:
    """Backtest metrics of the predictor trained at ``cutoff``, as rows of the table."""
    return f"{PREDICTOR_METRICS}cutoff={cutoff_key(cutoff)}/metrics.parquet"


def predictor_accuracy(cutoff: datetime) -> str:
    """The same metrics in the shape of the GetAccuracyMetrics answer."""
    return f"{PREDICTOR_DETAILS}cutoff={cutoff_key(cutoff)}/accuracy.json"


def predictor_details(cutoff: datetime) -> str:
    """What the service says of the predictor trained at ``cutoff`` besides: candidates, failures, choices."""
    return f"{PREDICTOR_DETAILS}cutoff={cutoff_key(cutoff)}/details.json"


def predictor_item_metrics(cutoff: datetime) -> str:
    """Backtest metrics per item of the predictor trained at ``cutoff``."""
    return f"{PREDICTOR_ITEM_METRICS}cutoff={cutoff_key(cutoff)}/items.parquet"


def backtest(cutoff: datetime) -> str:
    """Backtest export of the predictor trained at ``cutoff``: ``forecasted-values``, ``accuracy-metrics-values``."""
    return f"{BACKTEST}cutoff={cutoff_key(cutoff)}/"


def backtest_pointer(cutoff: datetime) -> str:
    """Whose backtest that is and which files it has; beside the folders that are read as tables."""
    return f"{backtest(cutoff)}current.json"


def data_drift(cutoff: datetime) -> str:
    """How far the data since training had moved at ``cutoff``, as rows of the table."""
    return f"{DATA_DRIFT}cutoff={cutoff_key(cutoff)}/drift.parquet"


def data_drift_summary(cutoff: datetime) -> str:
    """What was compared with what at ``cutoff``."""
    return f"{DATA_DRIFT_SUMMARIES}cutoff={cutoff_key(cutoff)}/summary.json"


def retraining_decision(cutoff: datetime) -> str:
    """Which predictor forecasts at ``cutoff``, and why; where the data and not the calendar decides."""
    return f"{RETRAINING}cutoff={cutoff_key(cutoff)}/decision.json"


def waiting_at(cutoff: datetime) -> str:
    """Where it is remembered which assets of ``cutoff`` wait for the service."""
    return f"{WAITING}cutoff={cutoff_key(cutoff)}/"


def waiting(asset: str, cutoff: datetime, run_id: str) -> str:
    """What ``asset`` waits for at ``cutoff`` since that run."""
    return f"{waiting_at(cutoff)}{asset}/{run_id}.json"


def explainability_scores(cutoff: datetime) -> str:
    """Impact scores of the forecast of ``cutoff``, in the columns of Amazon's export."""
    return f"{EXPLAINABILITY}cutoff={cutoff_key(cutoff)}/scores.csv"


def explainability_summary(cutoff: datetime) -> str:
    """What the impact scores of ``cutoff`` come from."""
    return f"{EXPLAINABILITY}cutoff={cutoff_key(cutoff)}/summary.json"


def what_if_scenario(name: str) -> str:
    """The scenario ``name``, as a person wrote it.

    Raises:
        InputError: The name breaks :data:`WHAT_IF_NAME_RULE`.
    """
    return f"{WHAT_IF}{_what_if_name(name)}.json"


def what_if_forecast(name: str, cutoff: datetime) -> str:
    """The forecast of the scenario ``name`` at ``cutoff`` beside the baseline.

    Raises:
        InputError: The name breaks :data:`WHAT_IF_NAME_RULE`.
    """
    return f"{WHAT_IF}{_what_if_name(name)}/cutoff={cutoff_key(cutoff)}/forecast.csv"


def what_if_summary(name: str, cutoff: datetime) -> str:
    """What the forecast of the scenario ``name`` at ``cutoff`` comes from, and its totals.

    Raises:
        InputError: The name breaks :data:`WHAT_IF_NAME_RULE`.
    """
    return f"{WHAT_IF}{_what_if_name(name)}/cutoff={cutoff_key(cutoff)}/summary.json"


def _what_if_name(name: str) -> str:
    if not _WHAT_IF_NAME.fullmatch(name):
        raise InputError(
            "A what-if scenario has a name that cannot be used.",
            [Problem(f"{WHAT_IF}{name}.json", repr(name), WHAT_IF_NAME_RULE, "Rename the file.")],
        )
    return name
