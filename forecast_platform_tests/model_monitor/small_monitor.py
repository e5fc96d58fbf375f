"""A monitor that is small enough to run in a fraction of a second: a model of two features, captured for some hours."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from forecast_platform.cutoffs import Cadence, CutoffSchedule
from forecast_platform.model_monitor import layout
from forecast_platform.model_monitor.monitor import BiasSettings, Monitor, QualitySettings
from forecast_platform.model_monitor.window import Window
from forecast_platform.model_monitor.workspace import MonitorWorkspace
from forecast_platform.platform import Platform
from forecast_platform.settings import Settings

DAY = datetime(2025, 11, 3)
QUALITY = QualitySettings(
    "BinaryClassification", inference_attribute=None, probability_attribute="score", baseline_label="label"
)
BIAS = BiasSettings("group", ("b",), "label", "approved")

Row = tuple[float, int, float, str]
"""score, approved, income, group."""


def rows(count: int, seed: int, change: Callable[[Row], Row] = lambda row: row) -> list[Row]:
    """People with an income and a group, and what the model says of them."""
    random = np.random.default_rng(seed)
    found = []
    for income, member in zip(random.normal(50, 10, size=count).round(2), random.random(count) < 0.4, strict=True):
        score = round(float(1 / (1 + np.exp(-(income - 50) / 5))), 4)
        found.append(change((score, int(score > 0.5), float(income), "b" if member else "a")))
    return found


def truth(row: Row, index: int) -> int:
    """What turned out: mostly what the model said."""
    return row[1] if index % 10 else 1 - row[1]


def baseline_csv(count: int = 4_000, labels: bool = True) -> bytes:
    """The baseline dataset: predictions first, then features, then the label."""
    lines = [f"score,approved,income,group{',label' if labels else ''}"]
    for index, row in enumerate(rows(count, seed=1)):
        lines.append(",".join(map(str, (*row, truth(row, index)) if labels else row)))
    return ("\n".join(lines) + "\n").encode()


def capture_line(row: Row, event: str, time: datetime) -> str:
    """One record as SageMaker captures it."""
    score, approved, income, group = row
    sides = {"endpointInput": ("INPUT", f"{income},{group}"), "endpointOutput": ("OUTPUT", f"{score},{approved}")}
    captured = {
        name: {"observedContentType": "text/csv", "mode": mode, "data": data, "encoding": "CSV"}
        for name, (mode, data) in sides.items()
    }
    metadata = {"eventId": event, "inferenceTime": f"{time:%Y-%m-%dT%H:%M:%SZ}"}
    return json.dumps({"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"})


def truth_line(label: Any, event: str) -> str:
    """One ground truth record."""
    data = {"data": str(label), "encoding": "CSV"}
    return json.dumps({"groundTruthData": data, "eventMetadata": {"eventId": event}, "eventVersion": "0"})


def small_monitor(**changes: Any) -> Monitor:
    """Hourly windows of one day."""
    facts: dict[str, Any] = {
        "name": "loans",
        "prefix": "loans",
        "schedule": CutoffSchedule(Cadence.HOURLY, DAY, DAY + timedelta(days=1)),
    }
    return Monitor(**facts | changes)


def small_workspace(home: Path, **changes: Any) -> MonitorWorkspace:
    """A workspace below ``home`` whose bucket holds the baseline dataset."""
    workspace = Platform(Settings(home=home)).monitor_workspace(small_monitor(**changes))
    workspace.bucket.write("baseline/train.csv", baseline_csv())
    return workspace


def capture(
    workspace: MonitorWorkspace, hour: int, people: Sequence[Row], name: str = "a", labels: bool = False
) -> None:
    """Write what was captured in an hour of the day, and perhaps what turned out."""
    begin = DAY + timedelta(hours=hour)
    events = [f"{hour}-{name}-{index}" for index in range(len(people))]
    lines = [capture_line(row, event, begin) for row, event in zip(people, events, strict=True)]
    folder = f"{layout.CAPTURED}loans/AllTraffic/{layout.hour_folder(begin)}"
    workspace.bucket.write(f"{folder}{name}.jsonl", ("\n".join(lines) + "\n").encode())
    if labels:
        truths = [
            truth_line(truth(row, index), event) for index, (row, event) in enumerate(zip(people, events, strict=True))
        ]
        key = f"{layout.GROUND_TRUTH}{layout.hour_folder(begin)}{name}.jsonl"
        workspace.bucket.write(key, ("\n".join(truths) + "\n").encode())


def window(hour: int, hours: int = 1) -> Window:
    """Hours of the day."""
    begin = DAY + timedelta(hours=hour)
    return Window(begin, begin + timedelta(hours=hours))
