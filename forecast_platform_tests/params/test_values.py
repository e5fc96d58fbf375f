"""Single values: unknown and missing keys, wrong types, names, forecast types."""

from __future__ import annotations

from typing import Any

import pytest

from forecast_platform_tests.params.documents import Json, auto, legacy, message, messages, minimal, params


def put(document: Json, path: str, value: Any) -> Json:
    """``document`` with ``value`` at ``path``; numbers in the path are list indices."""
    *parents, last = path.split(".")
    place: Any = document
    for key in parents:
        place = place[int(key) if key.isdigit() else key]
    place[int(last) if last.isdigit() else last] = value
    return document


def test_an_unknown_key_suggests_the_nearest_and_the_key_it_stands_for_is_not_reported_as_missing() -> None:
    document = minimal()
    document["Predictor"]["ForcastHorizon"] = document["Predictor"].pop("ForecastHorizon")

    problem = message(document)

    assert problem.startswith('params.json: $.Predictor.ForcastHorizon: found the unknown key "ForcastHorizon";')
    assert problem.endswith("Did you mean 'ForecastHorizon'?")


@pytest.mark.parametrize(
    ("path", "advice"),
    [
        ("datasetGroup", "Did you mean 'DatasetGroup'?"),
        ("Datasets.0.DatasetFrequency", "Did you mean 'DataFrequency'?"),
        ("Datasets.0.TimestampFormat", "All datasets share one format: write it as $.TimestampFormat."),
        ("Predictor.ForecastFrequency", "In a Predictor it belongs in FeaturizationConfig."),
        ("Predictor.NumberOfBacktestWindows", "It belongs in EvaluationParameters."),
        ("Forecast.ForecastType", "Did you mean 'ForecastTypes'?"),
    ],
)
def test_an_unknown_key_beside_the_right_ones_is_still_a_problem(path: str, advice: str) -> None:
    assert message(put(minimal(), path, "D")).endswith(advice)


def test_a_key_that_resembles_nothing_lists_what_is_allowed() -> None:
    problem = message(put(minimal(), "Forecast.x y", 1))

    assert problem == (
        'params.json: $.Forecast["x y"]: found the unknown key "x y"; expected ForecastName, PredictorArn, '
        "ForecastTypes, Tags or TimeSeriesSelector."
    )


def test_a_legacy_setting_in_an_auto_predictor_says_what_to_use_instead() -> None:
    document = put(auto(), "AutoPredictor.FeaturizationConfig", {"ForecastFrequency": "W"})
    document["AutoPredictor"]["PerformAutoML"] = True

    assert [problem.split(". ")[-1] for problem in messages(document)] == [
        "An AutoPredictor has ForecastFrequency and ForecastDimensions itself, and fills gaps as "
        "DataConfig.AttributeConfigs says.",
        "Only a Predictor has it.",
    ]


def test_a_retrained_auto_predictor_still_needs_its_horizon_and_its_frequency() -> None:
    document = minimal()
    del document["Predictor"]
    document["AutoPredictor"] = {
        "PredictorName": "Again",
        "ReferencePredictorArn": "arn:aws:forecast:eu-west-1:123456789012:predictor/old",
    }

    assert [problem.split("; ")[0] for problem in messages(document)] == [
        "params.json: $.AutoPredictor.ForecastHorizon: found nothing",
        "params.json: $.AutoPredictor.ForecastFrequency: found nothing",
    ]


def test_everything_missing_is_reported_at_once() -> None:
    assert [problem.split("; ")[0] for problem in messages("{}")] == [
        "params.json: $.DatasetGroup: found nothing",
        "params.json: $.Datasets: found nothing",
        "params.json: $.Forecast: found nothing",
        "params.json: $.TimestampFormat: found nothing",
        "params.json: $: found neither Predictor nor AutoPredictor",
    ]


def test_problems_of_every_kind_are_reported_together() -> None:
    document = put(legacy(), "Predictor.ForecastHorizon", "13")
    document["Predictor"]["AlgorithmArn"] = "arn:aws:forecast:::algorithm/ets"
    document["Forecast"]["ForecastTypes"] = ["0.1", "0.10", "1.5"]
    document["Predictor"]["FeaturizationConfig"]["ForecastDimensions"] = ["stroe"]
    document["Datasets"][1]["DataFrequency"] = "D"

    places = [problem.split(": ")[1] for problem in messages(document)]

    assert places == [
        "$.Predictor.AlgorithmArn",
        "$.Predictor.ForecastHorizon",
        "$.Forecast.ForecastTypes[2]",
        "$.Forecast.ForecastTypes[1]",
        "$.Datasets[1].DataFrequency",
        "$.Predictor.FeaturizationConfig.ForecastDimensions[0]",
    ]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("Predictor.ForecastHorizon", "72", 'found "72"; expected a whole number from 1 to 500. Write the number with'),
        ("Predictor.ForecastHorizon", 72.0, "found 72.0; expected a whole number from 1 to 500"),
        ("Predictor.ForecastHorizon", True, "found true; expected a whole number from 1 to 500"),
        ("Predictor.ForecastHorizon", float("nan"), "found NaN; expected a whole number from 1 to 500"),
        ("Predictor.ForecastHorizon", 0, "found 0; expected a whole number from 1 to 500"),
        ("Predictor.ForecastHorizon", 501, "found 501; expected a whole number from 1 to 500"),
        ("Predictor.ForecastHorizon", None, "found null; expected a whole number from 1 to 500"),
        ("Predictor.HPOConfig", [], "found a list; expected an object"),
        ("Predictor.HPOConfig.ParameterRanges.ContinuousParameterRanges.0.MinValue", float("-inf"), "found -Infinity"),
        ("Predictor.HPOConfig.ParameterRanges.ContinuousParameterRanges.0.MinValue", "1", 'found "1"; expected a numb'),
        ("Predictor.PerformHPO", "true", 'found "true"; expected true or false. Write it without quotes.'),
        ("Predictor.PerformHPO", 1, "found 1; expected true or false."),
        ("Predictor.TrainingParameters.epochs", 100, "found 100; expected text of letters"),
        ("Predictor.TrainingParameters.epochs", 100, "Write it in double quotes."),
        ("Predictor.TrainingParameters.a b", "1", 'found the key "a b"; expected letters, digits'),
        ("Predictor.EvaluationParameters.NumberOfBacktestWindows", 6, "found 6; expected a whole number from 1 to 5"),
        ("Predictor.OptimizationMetric", "wape", "Did you mean 'WAPE'?"),
        ("Predictor.AlgorithmArn", "ETS", 'found "ETS"; expected arn:aws:forecast:::algorithm/<NAME>, with ARIMA'),
        ("Predictor.AlgorithmArn", "arn:aws:forecast:::algorithm/prophet", "Did you mean 'arn:aws:forecast:::algorith"),
        ("Predictor.FeaturizationConfig.ForecastFrequency", "60min", 'found "60min"; expected a number of Y (1), M (1'),
        ("Predictor.FeaturizationConfig.ForecastFrequency", 1, "found 1; expected a number of Y"),
        ("Predictor.FeaturizationConfig.Featurizations.0.FeaturizationPipeline", [], "found 0 methods; expected exact"),
        ("Predictor.EncryptionConfig.KMSKeyArn", "arn:aws:s3:::bucket", "expected the ARN of a KMS key"),
        ("Datasets.0.Domain", "RETIAL", "Did you mean 'RETAIL'?"),
        ("Datasets.0.Schema.Attributes.1.AttributeType", "number", "expected string, integer, float, timestamp or geo"),
        ("DatasetGroup.DatasetGroupName", "1st", "expected a name: a letter, then letters, digits or underscores"),
        ("DatasetGroup.DatasetGroupName", "a" * 64, "at most 63 in all"),
        ("DatasetGroup.DatasetGroupName", "shop\n", 'found "shop\\n"'),
        ("DatasetGroup.DatasetGroupName", "../shop", 'found "../shop"'),
        ("DatasetGroup.DatasetGroupName", "가게", 'found "가게"'),
        ("DatasetGroup.Tags", [{"Key": "AWS:x", "Value": "1"}], "not starting with aws:"),
        ("DatasetGroup.Tags", [{"Key": "k", "Value": "1"}] * 2, '[1]: found "k"; expected different tags. The same is'),
        ("Forecast.TimeSeriesSelector.TimeSeriesIdentifiers.Format", "csv", "Did you mean 'CSV'?"),
        ("Forecast.ForecastTypes", [0.1], 'found 0.1; expected "mean" or a quantile from "0.01" to "0.99" in steps of'),
        ("Forecast.ForecastTypes", [], "found 0 forecast types; expected 1 to 5"),
        ("Forecast.ForecastTypes", ["0.1", "0.2", "0.3", "0.4", "0.5", "mean"], "found 6 forecast types; expected 1 t"),
        ("Forecast.ForecastTypes", ["0.1", "0.10"], 'found "0.10" (p10); expected different forecast types.'),
        ("TimestampFormat", "%Y-%m-%d", 'found "%Y-%m-%d"; expected "yyyy-MM-dd" or "yyyy-MM-dd HH:mm:ss"'),
        ("PerformDelete", "false", "Write it without quotes."),
    ],
)  # fmt: skip
def test_a_value_that_is_not_allowed_is_shown_with_what_is(path: str, value: Any, said: str) -> None:
    assert said in message(put(legacy(), path, value))


@pytest.mark.parametrize(
    "written", ["0", "1", "0.0", "0.00", "1.0", "0.123", "00.1", "-0.1", "p50", "Mean", "٠.٥", "0.1\n"]
)
def test_a_forecast_type_outside_the_grid_is_refused(written: str) -> None:
    assert "in steps of 0.01" in message(put(minimal(), "Forecast.ForecastTypes", [written]))


@pytest.mark.parametrize(
    ("written", "label", "quantile"),
    [("0.1", "p10", 0.1), (".1", "p10", 0.1), ("0.10", "p10", 0.1), ("0.01", "p1", 0.01), ("0.99", "p99", 0.99)],
)
def test_a_quantile_may_be_written_as_the_api_allows(written: str, label: str, quantile: float) -> None:
    view = params(put(minimal(), "Forecast.ForecastTypes", [written]))

    assert (view.forecast_types, view.quantiles) == ((label,), (quantile,))


def test_half_a_surrogate_pair_can_be_printed() -> None:
    problem = message(put(minimal(), "DatasetGroup.DatasetGroupName", "\ud800"))

    assert problem.encode()


def test_a_long_value_is_shortened() -> None:
    assert len(message(put(minimal(), "TimestampFormat", "y" * 10_000))) < 250
