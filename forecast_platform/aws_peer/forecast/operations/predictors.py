"""Predictors, legacy and auto, their accuracy and the export of their backtest.

Belongs here: their creation and their rules. Does not belong here: training (``engine``).
"""

from __future__ import annotations

from typing import Any

from forecast_platform.aws_peer.forecast import kinds, refusals
from forecast_platform.aws_peer.forecast.account import Account, Draft
from forecast_platform.aws_peer.forecast.operations.forecast_types import check_forecast_types
from forecast_platform.aws_peer.forecast.resources import Resource
from forecast_platform.frequency import Frequency
from forecast_platform.params.domains import RELATED, TARGET

Document = dict[str, Any]
_LONGEST_HORIZON = 500
_LEGACY_ALGORITHMS = ("ARIMA", "CNN-QR", "Deep_AR_Plus", "ETS", "NPTS", "Prophet")
_TUNABLE = ("CNN-QR", "Deep_AR_Plus")
_ALGORITHM = "arn:aws:forecast:::algorithm/"
_NOT_WITH_AUTOML = ("AlgorithmArn", "HPOConfig", "PerformHPO", "TrainingParameters")
_OF_A_NEW_AUTO_PREDICTOR = ("ForecastHorizon", "ForecastFrequency", "DataConfig")
_OF_A_RETRAINED_ONE = ("PredictorName", "ReferencePredictorArn", "Tags", "ExplainPredictor", "MonitorConfig")
_DEFAULT_TYPES = ["0.1", "0.5", "0.9"]
_DEFAULT_WINDOWS, _MOST_WINDOWS = 1, 5


class PredictorOperations:
    """Handlers of predictors."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def create_predictor(self, request: Document) -> Document:
        """CreatePredictor."""
        group = self._account.find(request["InputDataConfig"]["DatasetGroupArn"], kinds.DATASET_GROUP)
        added = {
            "DatasetGroupArn": group.arn,
            "ForecastTypes": request.get("ForecastTypes", _DEFAULT_TYPES),
            "EvaluationParameters": _evaluation(request),
            "PerformAutoML": request.get("PerformAutoML", False),
            "PerformHPO": request.get("PerformHPO", False),
        }
        draft = Draft(kinds.PREDICTOR, request, [group], self._account.newest_imports(group), added=added)
        frequency = request["FeaturizationConfig"]["ForecastFrequency"]

        def check() -> None:
            _check_algorithm(request)
            self._check_common(request, group, frequency)

        return self._account.create(draft, check)

    def create_auto_predictor(self, request: Document) -> Document:
        """CreateAutoPredictor: a new one, or one trained again or upgraded from another."""
        if "MonitorConfig" in request:
            raise refusals.invalid_input("This peer has no monitors: leave MonitorConfig out.")
        if "ReferencePredictorArn" in request:
            _refuse_more_than_a_reference(request)
            request = self._like_its_reference(request)
        missing = [name for name in _OF_A_NEW_AUTO_PREDICTOR if name not in request]
        if missing:
            raise refusals.invalid_input(f"A new predictor needs {', '.join(missing)}.")
        group = self._account.find(request["DataConfig"]["DatasetGroupArn"], kinds.DATASET_GROUP)
        added = {"DatasetGroupArn": group.arn, "ForecastTypes": request.get("ForecastTypes", _DEFAULT_TYPES)}
        draft = Draft(kinds.PREDICTOR, request, [group], self._account.newest_imports(group), auto=True, added=added)
        with self._account.lock:
            reply = self._account.create(
                draft, lambda: self._check_common(request, group, request["ForecastFrequency"])
            )
            if request.get("ExplainPredictor"):
                self._explain(self._account.find(reply["PredictorArn"]))
        return reply

    def resume(self) -> None:
        """Add the explainabilities that a kill came before."""
        for predictor in self._account.store.of_kind(kinds.PREDICTOR):
            asked = predictor.status in kinds.UNDER_WAY and predictor.document.get("ExplainPredictor")
            if asked and not self._account.store.children(predictor.arn):
                self._explain(predictor)

    def create_backtest_export(self, request: Document) -> Document:
        """CreatePredictorBacktestExportJob."""
        predictor = self._account.find(request["PredictorArn"], kinds.PREDICTOR)
        return self._account.create(Draft(kinds.BACKTEST_EXPORT, request, [predictor], auto=predictor.auto))

    def get_accuracy_metrics(self, request: Document) -> Document:
        """GetAccuracyMetrics."""
        predictor = self._account.find_active(request["PredictorArn"], kinds.PREDICTOR)
        return {"IsAutoPredictor": predictor.auto, **self._account.work.accuracy(predictor)}

    def describe_predictor(self, request: Document) -> Document:
        """DescribePredictor."""
        return self._described(request["PredictorArn"], auto=False)

    def describe_auto_predictor(self, request: Document) -> Document:
        """DescribeAutoPredictor."""
        return self._described(request["PredictorArn"], auto=True)

    def _described(self, arn: str, *, auto: bool) -> Document:
        predictor = self._account.find(arn, kinds.PREDICTOR)
        if predictor.auto is not auto:
            maker, asker = ("CreatePredictor", "DescribePredictor")
            if predictor.auto:
                maker, asker = ("CreateAutoPredictor", "DescribeAutoPredictor")
            raise refusals.invalid_input(f"{arn} was created with {maker}: describe it with {asker}.")
        return self._account.descriptions.describe(predictor)

    def _like_its_reference(self, request: Document) -> Document:
        """The request for a new predictor that trains as the reference did, on the newest data."""
        reference = self._account.find_active(request["ReferencePredictorArn"], kinds.PREDICTOR)
        document = reference.document if reference.auto else _upgraded(reference.document)
        inherited = (
            "ForecastHorizon",
            "ForecastTypes",
            "ForecastDimensions",
            "ForecastFrequency",
            "DataConfig",
            "EncryptionConfig",
            "OptimizationMetric",
            "TimeAlignmentBoundary",
        )
        return {name: document[name] for name in inherited if name in document} | request

    def _check_common(self, request: Document, group: Resource, frequency: str) -> None:
        horizon = request["ForecastHorizon"]
        if not 1 <= horizon <= _LONGEST_HORIZON:
            raise refusals.invalid_input(f"ForecastHorizon {horizon} is not between 1 and {_LONGEST_HORIZON}.")
        check_forecast_types(request.get("ForecastTypes", _DEFAULT_TYPES))
        datasets = [self._account.find_active(arn, kinds.DATASET) for arn in group.document["DatasetArns"]]
        by_type = {dataset.document["DatasetType"]: dataset for dataset in datasets}
        if TARGET not in by_type:
            raise refusals.invalid_input(f"The dataset group {group.arn} has no {TARGET} dataset.")
        for dataset in datasets:
            if self._account.newest_import(dataset.arn) is None:
                raise refusals.invalid_input(f"The dataset {dataset.arn} has no ACTIVE import job: import data first.")
        _check_frequencies(frequency, by_type)

    def _explain(self, predictor: Resource) -> None:
        """ExplainPredictor: an explainability that waits for the predictor."""
        document = {
            "ExplainabilityName": predictor.name,
            "ResourceArn": predictor.arn,
            "ExplainabilityConfig": {"TimeSeriesGranularity": "ALL", "TimePointGranularity": "ALL"},
        }
        draft = Draft(kinds.EXPLAINABILITY, document, [predictor], predictor.imports, auto=True)
        self._account.put(draft, predictor.tags)


def _evaluation(request: Document) -> Document:
    horizon = request["ForecastHorizon"]
    written = request.get("EvaluationParameters", {})
    return {"NumberOfBacktestWindows": _DEFAULT_WINDOWS, "BackTestWindowOffset": horizon, **written}


def _check_algorithm(request: Document) -> None:
    windows = request.get("EvaluationParameters", {}).get("NumberOfBacktestWindows", _DEFAULT_WINDOWS)
    if not 1 <= windows <= _MOST_WINDOWS:
        raise refusals.invalid_input(f"NumberOfBacktestWindows {windows} is not between 1 and {_MOST_WINDOWS}.")
    arn = request.get("AlgorithmArn")
    if request.get("PerformAutoML"):
        both = [name for name in _NOT_WITH_AUTOML if request.get(name) not in (None, False)]
        if both:
            raise refusals.invalid_input(f"{', '.join(both)} cannot be given when PerformAutoML is true.")
        return
    known = [f"{_ALGORITHM}{name}" for name in _LEGACY_ALGORITHMS]
    if arn is None:
        raise refusals.invalid_input("Give an AlgorithmArn, or set PerformAutoML to true.")
    if arn not in known:
        raise refusals.invalid_input(f"AlgorithmArn {arn} is none of {', '.join(known)}.")
    if request.get("PerformHPO") and arn.removeprefix(_ALGORITHM) not in _TUNABLE:
        raise refusals.invalid_input(f"PerformHPO works with {' and '.join(_TUNABLE)} only.")
    if "HPOConfig" in request and not request.get("PerformHPO"):
        raise refusals.invalid_input("HPOConfig needs PerformHPO to be true.")
    if "AutoMLOverrideStrategy" in request:
        raise refusals.invalid_input("AutoMLOverrideStrategy needs PerformAutoML to be true.")


def _check_frequencies(frequency: str, by_type: dict[str, Resource]) -> None:
    """Forecasts are as frequent as the related series, and no more frequent than the target's."""
    wanted = Frequency.parse(frequency)
    of_target = by_type[TARGET].document.get("DataFrequency")
    if of_target and wanted.approximate < Frequency.parse(of_target).approximate:
        raise refusals.invalid_input(f"ForecastFrequency {frequency} is higher than the {TARGET}'s, {of_target}.")
    related = by_type.get(RELATED)
    if related and Frequency.parse(related.document["DataFrequency"]) != wanted:
        raise refusals.invalid_input(
            f"ForecastFrequency {frequency} is not the {RELATED}'s, {related.document['DataFrequency']}."
        )


def _refuse_more_than_a_reference(request: Document) -> None:
    more = [name for name in request if name not in _OF_A_RETRAINED_ONE]
    if more:
        raise refusals.invalid_input(
            f"With ReferencePredictorArn only PredictorName can be given besides, not {', '.join(more)}."
        )


def _upgraded(legacy: Document) -> Document:
    """What CreateAutoPredictor would have been asked for the data of a legacy predictor."""
    featurization = legacy["FeaturizationConfig"]
    attributes = [
        {"AttributeName": one["AttributeName"], "Transformations": method["FeaturizationMethodParameters"]}
        for one in featurization.get("Featurizations", [])
        for method in one.get("FeaturizationPipeline", [])
        if method.get("FeaturizationMethodParameters")
    ]
    additional = [
        {"Name": one["Name"]} | ({} if one["Name"] == "weather" else {"Configuration": {"CountryCode": [one["Value"]]}})
        for one in legacy["InputDataConfig"].get("SupplementaryFeatures", [])
    ]
    config: Document = {"DatasetGroupArn": legacy["DatasetGroupArn"]}
    if attributes:
        config["AttributeConfigs"] = attributes
    if additional:
        config["AdditionalDatasets"] = additional
    moved = {"DataConfig": config, "ForecastFrequency": featurization["ForecastFrequency"]}
    if "ForecastDimensions" in featurization:
        moved["ForecastDimensions"] = featurization["ForecastDimensions"]
    return legacy | moved
