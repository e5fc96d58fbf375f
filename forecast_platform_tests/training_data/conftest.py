"""A project's bucket with parameters, into which tests upload files as a person would."""

from __future__ import annotations

import csv
import io
import json
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.params import Params, parse_params
from forecast_platform.training_data import ObjectReport, Snapshot, load_frames, take_snapshot

Attributes = list[tuple[str, str]]
TARGET: Attributes = [("timestamp", "timestamp"), ("target_value", "float"), ("item_id", "string")]


def make_params(
    frequency: str = "H",
    target: Attributes | None = None,
    related: Attributes | None = None,
    metadata: Attributes | None = None,
    timestamp_format: str = "yyyy-MM-dd HH:mm:ss",
    domain: str = "CUSTOM",
) -> Params:
    """Parameters with the given schemas, parsed by the real parser."""
    kinds = {"TARGET_TIME_SERIES": target or TARGET, "RELATED_TIME_SERIES": related, "ITEM_METADATA": metadata}
    document: dict[str, Any] = {
        "DatasetGroup": {"DatasetGroupName": "Test", "Domain": domain},
        "Predictor": {
            "PredictorName": "Test",
            "ForecastHorizon": 3,
            "FeaturizationConfig": {"ForecastFrequency": frequency},
            "PerformAutoML": True,
        },
        "Forecast": {"ForecastName": "Test", "ForecastTypes": ["0.50"]},
        "TimestampFormat": timestamp_format,
        "Datasets": [
            {
                "DatasetName": kind.title().replace("_", ""),
                "Domain": domain,
                "DatasetType": kind,
                **({} if kind == "ITEM_METADATA" else {"DataFrequency": frequency}),
                "Schema": {
                    "Attributes": [{"AttributeName": name, "AttributeType": type_} for name, type_ in attributes]
                },
            }
            for kind, attributes in kinds.items()
            if attributes
        ],
        "PerformDelete": False,
    }
    return parse_params(json.dumps(document)).params


@dataclass
class Project:
    """One project's bucket and parameters."""

    root: Path
    bucket: LocalBucket
    params: Params

    def upload(self, name: str, content: bytes | str, modified: int | None = None) -> None:
        """Put a file into ``train/``, optionally with its modification time in seconds since 1970."""
        data = content.encode() if isinstance(content, str) else content
        self.bucket.write(f"train/{name}", data)
        if modified is not None:
            os.utime(self.root / "train" / name, (modified, modified))

    def snapshot(self) -> Snapshot:
        return take_snapshot(self.bucket, self.params)

    def read(self, content: bytes | str, name: str = "a.csv") -> ObjectReport:
        """Upload one file, take a snapshot, and return the file's report."""
        self.upload(name, content)
        return next(report for report in self.snapshot().objects if report.key == f"train/{name}")

    def target(self, cutoff: datetime | None = None) -> pd.DataFrame:
        return load_frames(self.bucket, self.snapshot(), self.params, cutoff).target

    def quarantined(self, report: ObjectReport) -> list[dict[str, str]]:
        """The rows of the report's quarantine file."""
        if report.quarantine_key is None:
            return []
        text = self.bucket.read(report.quarantine_key).decode()
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def with_params(self, **changes: Any) -> Project:
        """The same bucket under other parameters; see :func:`make_params`."""
        return Project(self.root, self.bucket, make_params(**changes))


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """An empty project of hourly data with the columns timestamp, target_value, item_id."""
    return Project(tmp_path, LocalBucket(tmp_path), make_params())


def rows(*values: str) -> str:
    """Lines of CSV."""
    return "".join(f"{value}\n" for value in values)
