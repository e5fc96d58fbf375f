"""An engine for the peer of Amazon Forecast whose jobs are done at once, for tests of everything but the jobs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from forecast_platform.aws_peer.forecast.engine import ForecastEngine
from forecast_platform.aws_peer.forecast.engine.documents import Datasets, Document


class IdleEngine(ForecastEngine):
    """Does nothing, and remembers what it was asked.

    Attributes:
        asked: Names of the methods that were called, with the name of the resource.
        trained_on: Names of the import jobs by predictor.
        before: Called at the start of every job with the name of its resource; may raise or wait.
    """

    def __init__(self, home: Path | None = None) -> None:
        self._lock = threading.Lock()
        self.begin_again()

    def begin_again(self) -> None:
        """Forget what was asked and set."""
        self.asked: list[tuple[str, str]] = []
        self.trained_on: dict[str, list[str]] = {}
        self.before: Callable[[str], None] = lambda name: None

    def hold(self) -> tuple[threading.Event, threading.Event]:
        """Let every job wait; gives what is set when one has begun, and what is to be set to let them go on."""
        begun, go_on = threading.Event(), threading.Event()

        def wait(name: str) -> None:
            begun.set()
            go_on.wait(30)

        self.before = wait
        return begun, go_on

    def import_data(self, dataset: Document, job: Document) -> dict[str, Any]:
        self._do("import_data", job["DatasetImportJobName"])
        return {"DataSize": 0.5, "FieldStatistics": {"item_id": {"Count": 3, "Min": "-1.5", "Avg": 0.5}}}

    def train(self, predictor: Document, datasets: Datasets) -> dict[str, Any]:
        self._do("train", predictor["PredictorName"])
        self.trained_on[predictor["PredictorName"]] = [job["DatasetImportJobName"] for _, job in datasets]
        return {}

    def accuracy(self, predictor: Document) -> dict[str, Any]:
        return {"PredictorEvaluationResults": []}

    def export_backtest(self, predictor: Document, job: Document) -> None:
        self._do("export_backtest", job["PredictorBacktestExportJobName"])

    def forecast(self, forecast: Document, predictor: Document, datasets: Datasets) -> dict[str, Any]:
        self._do("forecast", forecast["ForecastName"])
        return {}

    def export_forecast(self, forecast: Document, job: Document) -> None:
        self._do("export_forecast", job["ForecastExportJobName"])

    def query(
        self, forecast: Document, filters: Mapping[str, str], start: str | None, end: str | None
    ) -> dict[str, Any]:
        return {"Predictions": {"p50": [{"Timestamp": "2024-01-01T00:00:00", "Value": 1.5}]}}

    def explain(self, explainability: Document, resource: Document) -> dict[str, Any]:
        self._do("explain", explainability["ExplainabilityName"])
        return {}

    def export_explainability(self, explainability: Document, job: Document) -> None:
        self._do("export_explainability", job["ExplainabilityExportName"])

    def what_if_forecast(self, what_if_forecast: Document, analysis: Document, forecast: Document) -> dict[str, Any]:
        self._do("what_if_forecast", what_if_forecast["WhatIfForecastName"])
        return {}

    def export_what_if(self, what_if_forecasts: Sequence[Document], job: Document) -> None:
        self._do("export_what_if", job["WhatIfForecastExportName"])

    def query_what_if(
        self, what_if_forecast: Document, filters: Mapping[str, str], start: str | None, end: str | None
    ) -> dict[str, Any]:
        return self.query(what_if_forecast, filters, start, end)

    def delete(self, kind: str, name: str) -> None:
        self._do("delete", name)

    def _do(self, method: str, name: str) -> None:
        with self._lock:
            self.asked.append((method, name))
        self.before(name)
