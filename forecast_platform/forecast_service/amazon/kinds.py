"""The kinds of resource of Amazon Forecast, and how its operations name them.

Belongs here: names of operations, members and statuses. Does not belong here: calling anything (``api``).
"""

from __future__ import annotations

from dataclasses import dataclass

ACTIVE = "ACTIVE"
STOPPED = "CREATE_STOPPED"
DELETE_FAILED = "DELETE_FAILED"
_PENDING = frozenset(
    {"CREATE_PENDING", "CREATE_IN_PROGRESS", "CREATE_STOPPING", "UPDATE_PENDING", "UPDATE_IN_PROGRESS"}
)
_GOING = frozenset({"DELETE_PENDING", "DELETE_IN_PROGRESS"})


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    Attributes:
        label: What this platform calls it, e.g. ``dataset_import_job``.
        member: What the API calls it, e.g. ``DatasetImportJob``, as in ``CreateDatasetImportJob`` and
            ``DatasetImportJobArn``.
        members: The same in the plural, as in ``ListDatasetImportJobs``.
        parent: Key of the filter that lists those of one parent; ``None`` = the API has none.
        made_as: What CreateX and DescribeX call it where that is not ``member``.
        in_arn: Type in its ARN, where ``<type>/<name>`` is the whole of it; ``None`` = it has to be looked up.
        lasting: It is ready at once and stays what it is; otherwise it is a job.
    """

    label: str
    member: str
    members: str
    parent: str | None = None
    made_as: str | None = None
    in_arn: str | None = None
    lasting: bool = False

    @property
    def words(self) -> str:
        """For people."""
        return self.label.replace("_", " ")

    @property
    def arn(self) -> str:
        """Member of requests and answers with its ARN."""
        return f"{self.member}Arn"

    @property
    def name(self) -> str:
        """Member of requests and answers with its name."""
        return f"{self.member}Name"


DATASET = Kind("dataset", "Dataset", "Datasets", in_arn="dataset", lasting=True)
DATASET_GROUP = Kind("dataset_group", "DatasetGroup", "DatasetGroups", in_arn="dataset-group", lasting=True)
IMPORT_JOB = Kind("dataset_import_job", "DatasetImportJob", "DatasetImportJobs", "DatasetArn")
PREDICTOR = Kind("predictor", "Predictor", "Predictors", "DatasetGroupArn")
AUTO_PREDICTOR = Kind("auto_predictor", "Predictor", "Predictors", "DatasetGroupArn", made_as="AutoPredictor")
BACKTEST_EXPORT = Kind(
    "predictor_backtest_export_job", "PredictorBacktestExportJob", "PredictorBacktestExportJobs", "PredictorArn"
)
FORECAST = Kind("forecast", "Forecast", "Forecasts", "PredictorArn")
FORECAST_EXPORT = Kind("forecast_export_job", "ForecastExportJob", "ForecastExportJobs", "ForecastArn")
EXPLAINABILITY = Kind("explainability", "Explainability", "Explainabilities", "ResourceArn")
EXPLAINABILITY_EXPORT = Kind("explainability_export", "ExplainabilityExport", "ExplainabilityExports")
WHAT_IF_ANALYSIS = Kind("what_if_analysis", "WhatIfAnalysis", "WhatIfAnalyses")
WHAT_IF_FORECAST = Kind("what_if_forecast", "WhatIfForecast", "WhatIfForecasts")
WHAT_IF_FORECAST_EXPORT = Kind("what_if_forecast_export", "WhatIfForecastExport", "WhatIfForecastExports")
MONITOR = Kind("monitor", "Monitor", "Monitors")

KINDS = {
    kind.label: kind
    for kind in (
        DATASET,
        DATASET_GROUP,
        IMPORT_JOB,
        PREDICTOR,
        AUTO_PREDICTOR,
        BACKTEST_EXPORT,
        FORECAST,
        FORECAST_EXPORT,
        EXPLAINABILITY,
        EXPLAINABILITY_EXPORT,
        WHAT_IF_ANALYSIS,
        WHAT_IF_FORECAST,
        WHAT_IF_FORECAST_EXPORT,
        MONITOR,
    )
}


def is_pending(status: str) -> bool:
    """Amazon works on it."""
    return status in _PENDING


def is_going(status: str) -> bool:
    """It is being deleted."""
    return status in _GOING


def has_failed(status: str) -> bool:
    """It will never be ready: it failed, or was stopped."""
    return status == STOPPED or status.endswith("_FAILED")
