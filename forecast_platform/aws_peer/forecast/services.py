"""Amazon Forecast as services of the peer: which operation is handled by what, and which by nothing.

Belongs here: the tables. Does not belong here: handlers (``operations``).
"""

from __future__ import annotations

from functools import partial

from forecast_platform.aws_peer.faults import Faults
from forecast_platform.aws_peer.forecast import kinds
from forecast_platform.aws_peer.forecast.account import Account
from forecast_platform.aws_peer.forecast.exemptions import EXEMPTIONS
from forecast_platform.aws_peer.forecast.operations.datasets import DatasetOperations
from forecast_platform.aws_peer.forecast.operations.explainabilities import ExplainabilityOperations
from forecast_platform.aws_peer.forecast.operations.forecasts import ForecastOperations
from forecast_platform.aws_peer.forecast.operations.listing import Lists
from forecast_platform.aws_peer.forecast.operations.predictors import PredictorOperations
from forecast_platform.aws_peer.forecast.operations.resources import ResourceOperations
from forecast_platform.aws_peer.forecast.operations.what_ifs import WhatIfOperations
from forecast_platform.aws_peer.options import PeerOptions
from forecast_platform.aws_peer.protocol.modelled_service import Handler, ModelledService
from forecast_platform.aws_peer.protocol.service_model import ServiceModel
from forecast_platform.aws_peer.protocol.validation import Validation

_NO_MONITORS = "it has no predictor monitors. The platform's own projects watch the accuracy of forecasts"
UNSUPPORTED = {
    "CreateMonitor": _NO_MONITORS,
    "DeleteMonitor": _NO_MONITORS,
    "DescribeMonitor": _NO_MONITORS,
    "ListMonitorEvaluations": _NO_MONITORS,
    "ListMonitors": _NO_MONITORS,
    "ResumeResource": "only monitors can be resumed, and it has none",
}


class AmazonForecast:
    """The services ``forecast`` and ``forecastquery`` of one account."""

    def __init__(self, options: PeerOptions, faults: Faults) -> None:
        forecast, query = ServiceModel("forecast"), ServiceModel("forecastquery")
        self._account = Account(options, forecast, faults)
        PredictorOperations(self._account).resume()
        validation = Validation(EXEMPTIONS)
        self.services = (
            ModelledService(forecast, validation, _forecast_handlers(self._account), UNSUPPORTED),
            ModelledService(query, validation, _query_handlers(self._account), {}),
        )

    def close(self) -> None:
        """End all jobs; another process can go on with them."""
        self._account.close()


def _forecast_handlers(account: Account) -> dict[str, Handler]:
    return {**_creating(account), **_of_every_kind(account), **_others(account)}


def _query_handlers(account: Account) -> dict[str, Handler]:
    forecasts = ForecastOperations(account)
    return {
        "QueryForecast": forecasts.query_forecast,
        "QueryWhatIfForecast": forecasts.query_what_if_forecast,
    }


def _creating(account: Account) -> dict[str, Handler]:
    datasets, predictors, forecasts = (
        DatasetOperations(account),
        PredictorOperations(account),
        ForecastOperations(account),
    )
    explainabilities, what_ifs = ExplainabilityOperations(account), WhatIfOperations(account)
    return {
        "CreateDataset": datasets.create_dataset,
        "CreateDatasetGroup": datasets.create_dataset_group,
        "UpdateDatasetGroup": datasets.update_dataset_group,
        "CreateDatasetImportJob": datasets.create_dataset_import_job,
        "CreatePredictor": predictors.create_predictor,
        "CreateAutoPredictor": predictors.create_auto_predictor,
        "CreatePredictorBacktestExportJob": predictors.create_backtest_export,
        "CreateForecast": forecasts.create_forecast,
        "CreateForecastExportJob": forecasts.create_export,
        "CreateExplainability": explainabilities.create_explainability,
        "CreateExplainabilityExport": explainabilities.create_export,
        "CreateWhatIfAnalysis": what_ifs.create_analysis,
        "CreateWhatIfForecast": what_ifs.create_forecast,
        "CreateWhatIfForecastExport": what_ifs.create_export,
    }


def _of_every_kind(account: Account) -> dict[str, Handler]:
    resources, lists = ResourceOperations(account), Lists(account)
    handlers: dict[str, Handler] = {}
    for kind in kinds.KINDS:
        handlers[f"Describe{kind.noun}"] = partial(resources.describe, kind)
        handlers[f"Delete{kind.noun}"] = partial(resources.delete, kind)
        handlers[f"List{kind.plural}"] = partial(lists.page, kind)
    predictors = PredictorOperations(account)
    return {
        **handlers,
        "DescribePredictor": predictors.describe_predictor,
        "DescribeAutoPredictor": predictors.describe_auto_predictor,
    }


def _others(account: Account) -> dict[str, Handler]:
    resources = ResourceOperations(account)
    return {
        "GetAccuracyMetrics": PredictorOperations(account).get_accuracy_metrics,
        "StopResource": resources.stop,
        "DeleteResourceTree": resources.delete_tree,
        "TagResource": resources.tag,
        "UntagResource": resources.untag,
        "ListTagsForResource": resources.list_tags,
    }
