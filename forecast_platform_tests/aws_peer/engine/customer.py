"""A customer of Amazon Forecast as the engine sees one: documents in, files in a bucket. No tests here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from forecast_platform.aws_peer.forecast.engine import ForecastEngine
from forecast_platform.bucket import Bucket
from forecast_platform.bucket.local import LocalBucket

Document = dict[str, Any]

FIRST_DAY = datetime(2024, 1, 1)
DAYS = 60
HORIZON = 5
ITEMS = ("Bread", "milk, fresh")
STORES = ("1", "2")
SALES = {"timestamp": "timestamp", "item_id": "string", "store": "string", "demand": "float"}
PLAN = {"timestamp": "timestamp", "item_id": "string", "store": "string", "price": "float"}
SHELVES = {"item_id": "string", "category": "string"}
ROLE = "arn:aws:iam::000000000000:role/forecast"
ACCOUNT = "arn:aws:forecast:us-east-1:000000000000:"
GROUP = f"{ACCOUNT}dataset-group/shop"


class Customer:
    """Asks the engine for jobs, one after the other.

    Attributes:
        bucket: ``s3://data``.
    """

    def __init__(self, home: Path, preset: str | None = "fast") -> None:
        self._home, self._minutes = home, 0
        self.engine = ForecastEngine(home / "peer", self._open, preset)
        self.bucket = self._open("data")
        self.datasets: dict[str, tuple[Document, Document]] = {}

    def import_data(self, kind: str, path: str, attributes: dict[str, str], **changes: Any) -> Document:
        """Import into the dataset of a kind; gives what the engine answers. ``changes`` go into the job."""
        dataset = dataset_of(kind, attributes)
        job = {
            "DatasetImportJobArn": f"{ACCOUNT}dataset-import-job/{kind}/job{self._minutes}",
            "DataSource": source(path),
            "TimestampFormat": "yyyy-MM-dd",
            "CreationTime": self._now(),
        } | changes
        answer = self.engine.import_data(dataset, job)
        self.datasets[kind] = (dataset, job)
        return answer

    def import_small_data(self, days: int = DAYS) -> None:
        """All three datasets."""
        for key, data in small_files(days).items():
            self.bucket.write(key, data)
        self.import_data("TARGET_TIME_SERIES", "s3://data/sales/", SALES)
        self.import_data("RELATED_TIME_SERIES", "s3://data/plan.csv", PLAN)
        self.import_data("ITEM_METADATA", "s3://data/shelves.csv", SHELVES)

    def train(self, predictor: Document) -> Document:
        """Train on all imports; gives the predictor's document afterwards."""
        document = {"PredictorArn": f"{ACCOUNT}predictor/{predictor['PredictorName']}", **predictor}
        return document | self.engine.train(document, list(self.datasets.values()))

    def forecast(self, predictor: Document, name: str = "next_week", **changes: Any) -> Document:
        """Forecast from the newest imports; gives the forecast's document afterwards."""
        document = {"ForecastArn": f"{ACCOUNT}forecast/{name}", "ForecastName": name} | changes
        return document | self.engine.forecast(document, predictor, list(self.datasets.values()))

    def job(self, member: str, name: str, path: str, **changes: Any) -> Document:
        """The document of an export job."""
        return {member: name, "Destination": source(path), "CreationTime": self._now()} | changes

    def exported(self, prefix: str) -> dict[str, bytes]:
        """File names below a prefix, without their time, and their bytes."""
        return {one.key: self.bucket.read(one.key) for one in self.bucket.list(prefix)}

    def _open(self, name: str, kms_key_arn: str | None = None) -> Bucket:
        return LocalBucket(self._home / "s3" / name)

    def _now(self) -> datetime:
        self._minutes += 1
        return datetime(2024, 6, 1, tzinfo=UTC) + timedelta(minutes=self._minutes)


def legacy(algorithm: str | None = "SeasonalNaive", **changes: Any) -> Document:
    """A DescribePredictor document."""
    chosen = {"AlgorithmArn": f"arn:aws:forecast:::algorithm/{algorithm}"} if algorithm else {"PerformAutoML": True}
    return {
        "PredictorName": "shop",
        **chosen,
        "ForecastHorizon": HORIZON,
        "ForecastTypes": ["0.1", "0.5", "mean"],
        "InputDataConfig": {"DatasetGroupArn": GROUP},
        "FeaturizationConfig": {"ForecastFrequency": "D", "ForecastDimensions": ["store"]},
    } | changes


def auto(**changes: Any) -> Document:
    """A DescribeAutoPredictor document."""
    return {
        "PredictorName": "shop_01ABC",
        "ForecastHorizon": HORIZON,
        "ForecastTypes": ["0.1", "0.5", "0.9"],
        "ForecastFrequency": "D",
        "ForecastDimensions": ["store"],
        "DataConfig": {"DatasetGroupArn": GROUP},
    } | changes


def dataset_of(kind: str, attributes: dict[str, str], domain: str = "RETAIL") -> Document:
    """A DescribeDataset document."""
    return {
        "DatasetArn": f"{ACCOUNT}dataset/{kind}",
        "DatasetName": kind,
        "Domain": domain,
        "DatasetType": kind,
        **({} if kind == "ITEM_METADATA" else {"DataFrequency": "D"}),
        "Schema": {"Attributes": [{"AttributeName": name, "AttributeType": one} for name, one in attributes.items()]},
        "Status": "ACTIVE",
    }


def source(path: str) -> Document:
    """A data source or destination."""
    return {"S3Config": {"Path": path, "RoleArn": ROLE}}


def small_files(days: int = DAYS) -> dict[str, bytes]:
    """Keys and bytes: sales in two files, the plan of prices that reaches over the horizon, the category of items."""
    plan = [
        f"{_day(day)},{name},{store},{_price(day)}" for name, store in _series() for day in range(DAYS + 2 * HORIZON)
    ]
    return {
        "sales/early.csv": sales(0, days // 2),
        "sales/late.csv": sales(days // 2, days),
        "plan.csv": _lines(plan),
        "shelves.csv": _lines(["Bread,bakery", '"milk, fresh",dairy']),
    }


def sales(first: int, after: int) -> bytes:
    """Rows of the target from one day to before another."""
    rows = []
    for index, (name, store) in enumerate(_series()):
        for day in range(first, after):
            rows.append(f"{_day(day)},{name},{store},{20 + index + 5 * (day % 7) + 40 * (_price(day) < 2) + day % 3}")
    return _lines(rows)


def _series() -> list[tuple[str, str]]:
    return [(f'"{item}"', store) for item in ITEMS for store in STORES]


def _price(day: int) -> float:
    return 1.5 if day % 4 == 1 else 2.5


def _day(day: int) -> str:
    return f"{FIRST_DAY + timedelta(days=day):%Y-%m-%d}"


def _lines(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()
