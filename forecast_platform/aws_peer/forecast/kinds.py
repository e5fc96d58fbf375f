"""The kinds of resources of Amazon Forecast, as data.

Belongs here: what tells kinds apart: names of members, ARNs, parents, filters. Does not belong here: rules.
"""

from __future__ import annotations

from dataclasses import dataclass

ACTIVE = "ACTIVE"
CREATE_PENDING = "CREATE_PENDING"
CREATE_IN_PROGRESS = "CREATE_IN_PROGRESS"
CREATE_FAILED = "CREATE_FAILED"
CREATE_STOPPING = "CREATE_STOPPING"
CREATE_STOPPED = "CREATE_STOPPED"
DELETE_IN_PROGRESS = "DELETE_IN_PROGRESS"
DELETE_FAILED = "DELETE_FAILED"
UPDATE_PENDING = "UPDATE_PENDING"
UPDATE_IN_PROGRESS = "UPDATE_IN_PROGRESS"

UNDER_WAY = (CREATE_PENDING, CREATE_IN_PROGRESS)
DELETABLE = (ACTIVE, CREATE_FAILED, CREATE_STOPPED, DELETE_FAILED)


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    Attributes:
        noun: As operations and members name it: ``CreateForecast``, ``ForecastName``, ``ForecastArn``.
        plural: As its list names it: ``ListForecasts``.
        segment: As ARNs name it.
        parents: Members of the create request that may name what it is made from.
        nested: Its ARN holds the name of its parent.
        scoped: Its name is unique within its parent only.
        job: Making it takes time.
        filters: What its list can be filtered by, besides ``Status``.
    """

    noun: str
    plural: str
    segment: str
    parents: tuple[str, ...] = ()
    nested: bool = False
    scoped: bool = False
    job: bool = True
    filters: tuple[str, ...] = ()

    @property
    def name_member(self) -> str:
        return f"{self.noun}Name"

    @property
    def arn_member(self) -> str:
        return f"{self.noun}Arn"

    @property
    def words(self) -> str:
        """For texts: ``dataset import job``."""
        return self.segment.replace("-", " ")


DATASET = Kind("Dataset", "Datasets", "dataset", job=False)
DATASET_GROUP = Kind("DatasetGroup", "DatasetGroups", "dataset-group", job=False)
IMPORT_JOB = Kind(
    "DatasetImportJob",
    "DatasetImportJobs",
    "dataset-import-job",
    parents=("DatasetArn",),
    nested=True,
    scoped=True,
    filters=("DatasetArn",),
)
PREDICTOR = Kind("Predictor", "Predictors", "predictor", parents=("DatasetGroupArn",), filters=("DatasetGroupArn",))
BACKTEST_EXPORT = Kind(
    "PredictorBacktestExportJob",
    "PredictorBacktestExportJobs",
    "predictor-backtest-export-job",
    parents=("PredictorArn",),
    nested=True,
    scoped=True,
    filters=("PredictorArn",),
)
FORECAST = Kind(
    "Forecast", "Forecasts", "forecast", parents=("PredictorArn",), filters=("DatasetGroupArn", "PredictorArn")
)
FORECAST_EXPORT = Kind(
    "ForecastExportJob",
    "ForecastExportJobs",
    "forecast-export-job",
    parents=("ForecastArn",),
    nested=True,
    scoped=True,
    filters=("ForecastArn",),
)
EXPLAINABILITY = Kind(
    "Explainability", "Explainabilities", "explainability", parents=("ResourceArn",), filters=("ResourceArn",)
)
EXPLAINABILITY_EXPORT = Kind(
    "ExplainabilityExport",
    "ExplainabilityExports",
    "explainability-export",
    parents=("ExplainabilityArn",),
    filters=("ResourceArn", "ExplainabilityArn"),
)
WHAT_IF_ANALYSIS = Kind(
    "WhatIfAnalysis", "WhatIfAnalyses", "what-if-analysis", parents=("ForecastArn",), filters=("ForecastArn",)
)
WHAT_IF_FORECAST = Kind(
    "WhatIfForecast",
    "WhatIfForecasts",
    "what-if-forecast",
    parents=("WhatIfAnalysisArn",),
    scoped=True,
    filters=("WhatIfAnalysisArn",),
)
WHAT_IF_EXPORT = Kind(
    "WhatIfForecastExport",
    "WhatIfForecastExports",
    "what-if-forecast-export",
    parents=("WhatIfForecastArns",),
    filters=("WhatIfForecastArn", "WhatIfForecastExportArn"),
)

KINDS = (
    DATASET,
    DATASET_GROUP,
    IMPORT_JOB,
    PREDICTOR,
    BACKTEST_EXPORT,
    FORECAST,
    FORECAST_EXPORT,
    EXPLAINABILITY,
    EXPLAINABILITY_EXPORT,
    WHAT_IF_ANALYSIS,
    WHAT_IF_FORECAST,
    WHAT_IF_EXPORT,
)
BY_NOUN = {kind.noun: kind for kind in KINDS}
