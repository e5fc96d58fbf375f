"""A small project whose data jumps one day. Belongs here: its files and steps. Does not belong here: tests."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from forecast_platform.cutoffs import Cadence, CutoffSchedule, Retrain
from forecast_platform.pipeline.data_drift import WatchedData, watch_data
from forecast_platform.pipeline.inputs import read_training_data
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.small_project import FIRST_DAY, after, small_params, small_workspace

ITEMS = 12
DAYS = 336
FIRST_CUTOFF = 217
JUMP = 287


def schedule() -> CutoffSchedule:
    """Weekly cutoffs after 217, 224 … days."""
    return CutoffSchedule(Cadence.WEEKLY, after(FIRST_CUTOFF - 7), after(DAYS - 7))


def cutoffs(last: int = DAYS) -> list[datetime]:
    """All of them up to ``last`` days."""
    return schedule().between(after(FIRST_CUTOFF), after(last))


def days_csv(days: int = DAYS, jump: float = 1.5, first: int = 0) -> bytes:
    """Twelve items around 100, which rise to ``jump`` times as much after 287 days."""
    values = 100 * np.exp(0.1 * np.random.default_rng(3).standard_normal((ITEMS, DAYS)))
    values[:, JUMP:] *= jump
    lines = [
        f"{FIRST_DAY + timedelta(days=day):%Y-%m-%d},{values[item, day]:.3f},item {item}"
        for item in range(ITEMS)
        for day in range(first, days)
    ]
    return ("\n".join(lines) + "\n").encode()


def related_params() -> dict[str, Any]:
    """The parameters with a price and a promotion as related series."""
    params = small_params()
    attributes = [
        {"AttributeName": "timestamp", "AttributeType": "timestamp"},
        {"AttributeName": "item_id", "AttributeType": "string"},
        {"AttributeName": "price", "AttributeType": "float"},
        {"AttributeName": "promotion", "AttributeType": "integer"},
    ]
    related = {
        "DatasetName": "small_related",
        "Domain": "CUSTOM",
        "DatasetType": "RELATED_TIME_SERIES",
        "DataFrequency": "D",
        "Schema": {"Attributes": attributes},
    }
    return params | {"Datasets": [*params["Datasets"], related]}


def related_csv(jump: float = 1.5) -> bytes:
    """Prices that rise to ``jump`` times as much after 287 days; a promotion on every fifth day, as ever."""
    noise = np.random.default_rng(4).normal(0, 0.02, (ITEMS, DAYS + 10))
    lines = [
        f"{FIRST_DAY + timedelta(days=day):%Y-%m-%d},item {item},"
        f"{(5 + item) * (1 + noise[item, day]) * (jump if day >= JUMP else 1):.3f},{int((day + item) % 5 == 0)}"
        for item in range(ITEMS)
        for day in range(DAYS + 10)
    ]
    return ("\n".join(lines) + "\n").encode()


def drifting_workspace(home: Path, params: dict[str, Any] | None = None, **changes: Any) -> Workspace:
    """Retrains on drift with a cooldown of three weekly cutoffs, unless ``changes`` say other."""
    facts: dict[str, Any] = {"schedule": schedule(), "retrain": Retrain.ON_DRIFT, "retrain_cooldown": 3}
    workspace = small_workspace(home, params, **facts | changes)
    workspace.bucket.write("train/days.csv", days_csv())
    return workspace


def watch(workspace: Workspace, cutoff: datetime) -> WatchedData:
    """Both steps that lead to a decision."""
    read_training_data(workspace, cutoff)
    return watch_data(workspace, cutoff)
