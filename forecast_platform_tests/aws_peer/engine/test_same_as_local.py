"""The goal of the peer: for the same files and parameters, the rows that the embedded engine gives directly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from forecast_platform.bucket.local import LocalBucket
from forecast_platform.forecast_service.local import LocalForecastService
from forecast_platform.forecast_service.port import ImportRequest
from forecast_platform.params import parse_params
from forecast_platform.training_data import data_hash, load_frames, take_snapshot
from forecast_platform_tests.aws_peer.engine.customer import GROUP, Customer, auto, legacy, small_files
from forecast_platform_tests.engine.series import quiet

FILLING = {"aggregation": "avg", "middlefill": "mean", "backfill": "value", "backfill_value": "3"}
EXPORTS = ("forecast", "forecasted-values", "accuracy-metrics-values")
WEEKLY = auto(
    ForecastFrequency="W",
    ForecastHorizon=2,
    TimeAlignmentBoundary={"DayOfWeek": "THURSDAY"},
    DataConfig={
        "DatasetGroupArn": GROUP,
        "AttributeConfigs": [{"AttributeName": "demand", "Transformations": {"aggregation": "max"}}],
        "AdditionalDatasets": [{"Name": "holiday", "Configuration": {"CountryCode": ["DE"]}}],
    },
)


def featurized() -> dict[str, Any]:
    """A legacy configuration with fillings, and holidays."""
    method = {"FeaturizationMethodName": "filling", "FeaturizationMethodParameters": FILLING}
    return {
        "FeaturizationConfig": {
            "ForecastFrequency": "D",
            "ForecastDimensions": ["store"],
            "Featurizations": [{"AttributeName": "demand", "FeaturizationPipeline": [method]}],
        },
        "InputDataConfig": {"DatasetGroupArn": GROUP, "SupplementaryFeatures": [{"Name": "holiday", "Value": "US"}]},
    }


def directly(home: Path, datasets: list[dict[str, Any]], predictor: dict[str, Any]) -> dict[str, bytes]:
    """Forecast and backtest by the local service, from a params.json and files in ``train/``."""
    bucket = LocalBucket(home)
    names = {"sales/early.csv": "a.csv", "sales/late.csv": "b.csv", "plan.csv": "p.related.csv"}
    for key, data in small_files().items():
        bucket.write(f"train/{names.get(key, 's.metadata.csv')}", data)
    document = {
        "DatasetGroup": {"DatasetGroupName": "shop", "Domain": "RETAIL"},
        "Datasets": [{key: one[key] for key in one if key not in ("DatasetArn", "Status")} for one in datasets],
        "Predictor" if "FeaturizationConfig" in predictor else "AutoPredictor": predictor,
        "Forecast": {"ForecastName": "next", "ForecastTypes": predictor["ForecastTypes"]},
        "TimestampFormat": "yyyy-MM-dd",
    }
    params = parse_params(json.dumps(document)).params
    frames = load_frames(bucket, take_snapshot(bucket, params), params, None)
    cutoff = frames.target["timestamp"].max().to_pydatetime()
    request = ImportRequest("direct", cutoff, params, data_hash(frames), lambda: frames, "fast")
    service = LocalForecastService(home / "service")
    trained = service.train_predictor(request, quiet).name
    forecast = service.create_forecast(trained, request, quiet).name
    exports = service.export_forecast(forecast, bucket, "out"), service.export_backtest(trained, bucket, "out")
    keys = [key for export in exports for key in export.keys]
    return {kind: bucket.read(key) for kind, key in zip(EXPORTS, keys, strict=True)}


@pytest.mark.parametrize(
    ("predictor", "without"),
    [
        (legacy("SeasonalNaive"), ()),
        (legacy("NPTS", **featurized(), ForecastTypes=["mean", "0.95", "0.05"]), ()),
        pytest.param(legacy(None, EvaluationParameters={"NumberOfBacktestWindows": 2}), (), marks=pytest.mark.slow),
        pytest.param(auto(OptimizationMetric="MASE"), (), marks=pytest.mark.slow),
        # Related time series are not aggregated, so they cannot be daily where the forecast is weekly.
        (WEEKLY, ("RELATED_TIME_SERIES", "ITEM_METADATA")),
    ],
    ids=["algorithm", "featurizations", "automl", "auto", "weekly"],
)
def test_the_exports_of_the_peer_are_those_of_the_local_service(
    tmp_path: Path, predictor: dict[str, Any], without: tuple[str, ...]
) -> None:
    customer = Customer(tmp_path)
    customer.import_small_data()
    for kind in without:
        del customer.datasets[kind]
    trained = customer.train(predictor)
    forecast = customer.forecast(trained)
    customer.engine.export_forecast(forecast, customer.job("ForecastExportJobName", "out", "s3://data/out/forecast"))
    job = customer.job("PredictorBacktestExportJobName", "out", "s3://data/out/")
    customer.engine.export_backtest(trained, job)
    exported = {key.split("/")[1]: data for key, data in customer.exported("out/").items()}
    assert exported == directly(tmp_path / "direct", [dataset for dataset, _ in customer.datasets.values()], predictor)
