"""Rules about the predictor and what it asks of the datasets."""

from __future__ import annotations

from typing import Any

import pytest

from forecast_platform_tests.params.documents import (
    Json,
    auto,
    dataset,
    legacy,
    message,
    messages,
    minimal,
    params,
    parsed,
)


def with_predictor(**settings: Any) -> Json:
    document = minimal()
    document["Predictor"].update(settings)
    return document


def with_filling(attribute: str, **parameters: str) -> Json:
    """A legacy predictor that fills one attribute."""
    document = legacy()
    document["Predictor"]["FeaturizationConfig"]["Featurizations"] = [
        {
            "AttributeName": attribute,
            "FeaturizationPipeline": [
                {"FeaturizationMethodName": "filling", "FeaturizationMethodParameters": parameters}
            ],
        }
    ]
    return document


def test_there_is_exactly_one_predictor() -> None:
    both = {**auto(), "Predictor": legacy()["Predictor"]}
    neither = minimal()
    del neither["Predictor"]

    assert message(both) == (
        "params.json: $: found both Predictor and AutoPredictor; expected one of them. Remove the other."
    )
    assert message(neither) == "params.json: $: found neither Predictor nor AutoPredictor; expected one of them."


def test_a_misspelt_predictor_is_one_problem() -> None:
    document = minimal()
    document["Predicter"] = document.pop("Predictor")

    assert message(document).endswith("Did you mean 'Predictor'?")


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("AlgorithmArn", "arn:aws:forecast:::algorithm/ETS"),
        ("PerformHPO", True),
        ("HPOConfig", {}),
        ("TrainingParameters", {"epochs": "1"}),
    ],
)
def test_automl_goes_with_no_setting_of_one_algorithm(setting: str, value: Any) -> None:
    document = with_predictor(PerformAutoML=True)
    del document["Predictor"]["AlgorithmArn"]
    document["Predictor"][setting] = value

    problem = message(document)

    assert problem.startswith(f"params.json: $.Predictor.{setting}: found ")
    assert problem.endswith("expected nothing beside PerformAutoML. Remove one of the two.")


def test_automl_goes_with_a_strategy_and_with_hpo_switched_off() -> None:
    document = with_predictor(PerformAutoML=True, PerformHPO=False, AutoMLOverrideStrategy="LatencyOptimized")
    del document["Predictor"]["AlgorithmArn"]

    assert params(document).perform_automl


def test_without_automl_there_is_an_algorithm_and_no_strategy() -> None:
    document = with_predictor(AutoMLOverrideStrategy="AccuracyOptimized")
    del document["Predictor"]["AlgorithmArn"]

    assert messages(document) == [
        "params.json: $.Predictor.AlgorithmArn: found nothing; expected an algorithm, or PerformAutoML true.",
        'params.json: $.Predictor.AutoMLOverrideStrategy: found "AccuracyOptimized"; expected nothing without '
        "PerformAutoML true.",
    ]


def test_a_backtest_window_has_room_for_the_horizon() -> None:
    assert "found 13; expected at least the ForecastHorizon, 14." in message(
        with_predictor(EvaluationParameters={"BackTestWindowOffset": 13})
    )


def test_a_forecast_is_not_finer_than_its_data() -> None:
    document = minimal()
    document["Datasets"][0]["DataFrequency"] = "W"

    assert message(document) == (
        "params.json: $.Predictor.FeaturizationConfig.ForecastFrequency: found D; expected W or longer. "
        "The target dataset has one value per W; values can be summed up, not divided."
    )


@pytest.mark.parametrize(
    ("data", "forecast"), [("D", "W"), ("W", "M"), ("4W", "M"), ("H", "D"), ("1D", "D"), ("M", "3M")]
)
def test_a_forecast_may_be_coarser_than_its_data(data: str, forecast: str) -> None:
    document = minimal()
    document["TimestampFormat"] = "yyyy-MM-dd HH:mm:ss"
    document["Datasets"][0]["DataFrequency"] = data
    document["Predictor"]["FeaturizationConfig"]["ForecastFrequency"] = forecast

    assert str(params(document).frequency) == forecast


def test_related_time_series_have_the_frequency_of_the_forecast() -> None:
    document = auto()
    document["Datasets"][1]["DataFrequency"] = "D"

    assert message(document) == (
        "params.json: $.Datasets[1].DataFrequency: found D; expected W, the forecast frequency. "
        "Related time series are not aggregated."
    )


@pytest.mark.parametrize("name", ["item_id", "timestamp", "demand", "stroe"])
def test_a_forecast_dimension_is_a_string_attribute_of_the_target_other_than_the_item(name: str) -> None:
    document = auto()
    document["AutoPredictor"]["ForecastDimensions"] = ["store", name]

    problem = message(document)

    assert problem.startswith(f"params.json: $.AutoPredictor.ForecastDimensions[1]: found '{name}'; expected a string")
    assert "(store)" in problem


def test_a_dimension_of_the_related_data_is_forecast_by() -> None:
    document = auto()
    del document["AutoPredictor"]["ForecastDimensions"]

    assert message(document) == (
        "params.json: $.Datasets[1].Schema.Attributes[1].AttributeName: found the dimension 'store', which is not "
        "forecast by; expected a dimension listed in $.AutoPredictor.ForecastDimensions. Related time series can only "
        "be joined by the dimensions of the forecast."
    )


@pytest.mark.parametrize(
    ("attribute", "parameters", "said"),
    [
        ("colour", {"backfill": "zero"}, "found 'colour'; expected the target or a numeric feature of the related dat"),
        ("prise", {"backfill": "zero"}, "demand, price or promotion. Did you mean 'price'?"),
        ("store", {"backfill": "zero"}, "found 'store'; expected the target or a numeric feature"),
        ("price", {"aggregation": "sum"}, "found the unknown key 'aggregation'; expected middlefill, backfill, future"),
        ("price", {"middlefill": "nan"}, 'found "nan"; expected zero, value, median, mean, min or max for a related t'),
        ("demand", {"futurefill": "zero"}, "found the unknown key 'futurefill'; expected aggregation, frontfill, midd"),
        ("demand", {"aggregation": "average"}, 'found "average"; expected sum, avg, first, min or max for the target.'),
        ("demand", {"frontfill": "zero"}, 'found "zero"; expected none for the target'),
        ("demand", {"backfill": "value"}, '.backfill_value: found nothing; expected a number in quotes, because backf'),
        ("demand", {"backfill": "value", "backfill_value": "two"}, 'found "two"; expected a number in quotes, for exa'),
        ("demand", {"backfill": "zero", "backfill_value": "2"}, 'found "2"; expected nothing unless backfill is "valu'),
        ("demand", {"backfil": "zero"}, "Did you mean 'backfill'?"),
    ],
)  # fmt: skip
def test_a_filling_that_the_attribute_cannot_have_is_refused(
    attribute: str, parameters: dict[str, str], said: str
) -> None:
    transformed = auto()
    transformed["AutoPredictor"]["DataConfig"]["AttributeConfigs"] = [
        {"AttributeName": attribute, "Transformations": parameters}
    ]

    assert said in message(with_filling(attribute, **parameters))
    assert said in message(transformed)


def test_an_attribute_is_filled_once() -> None:
    document = auto()
    document["AutoPredictor"]["DataConfig"]["AttributeConfigs"] *= 2

    assert ["different attribute configurations" in problem for problem in messages(document)] == [True, True]


@pytest.mark.parametrize(
    ("feature", "said"),
    [
        ({"Name": "holiday", "Value": "germany"}, '"US" or another two-letter country code'),
        ({"Name": "weather", "Value": "yes"}, 'found "yes"; expected "true" for the weather'),
        ({"Name": "moon", "Value": "full"}, "expected holiday or weather"),
    ],
)
def test_a_supplementary_feature_is_a_calendar_or_the_weather(feature: Json, said: str) -> None:
    assert said in message(with_predictor(InputDataConfig={"SupplementaryFeatures": [feature]}))


@pytest.mark.parametrize(
    "configuration", [None, {}, {"CountryCode": ["DE", "FR"]}, {"CountryCode": ["Germany"]}, {"Country": ["DE"]}]
)
def test_the_holidays_of_an_auto_predictor_are_those_of_one_country(configuration: Json | None) -> None:
    document = auto()
    holiday = {"Name": "holiday"} if configuration is None else {"Name": "holiday", "Configuration": configuration}
    document["AutoPredictor"]["DataConfig"]["AdditionalDatasets"] = [holiday]

    assert 'expected {"CountryCode": ["US"]}, with one two-letter code.' in message(document)


def test_the_weather_of_an_auto_predictor_has_no_configuration() -> None:
    document = auto()
    document["AutoPredictor"]["DataConfig"]["AdditionalDatasets"] = [
        {"Name": "weather", "Configuration": {"CountryCode": ["DE"]}}
    ]

    assert "expected nothing for the weather" in message(document)


@pytest.mark.parametrize(
    ("document", "entry"),
    [
        (legacy(), "$.Predictor.InputDataConfig.SupplementaryFeatures[1]"),
        (auto(), "$.AutoPredictor.DataConfig.AdditionalDatasets[1]"),
    ],
    ids=["legacy", "auto"],
)
def test_the_weather_is_ignored_with_a_warning(document: Json, entry: str) -> None:
    (warning,) = parsed(document).warnings

    assert str(warning) == (
        f"params.json: {entry}: found the weather; expected features that the local service has data for. It has no "
        "weather data and forecasts without. Add weather data of your own as related time series."
    )


@pytest.mark.parametrize("frequency", ["H", "15min"])
def test_dates_alone_cannot_hold_what_happens_within_a_day(frequency: str) -> None:
    document = minimal()
    document["Datasets"][0]["DataFrequency"] = frequency

    assert message(document) == (
        'params.json: $.TimestampFormat: found "yyyy-MM-dd"; expected "yyyy-MM-dd HH:mm:ss". '
        f"$.Datasets[0].DataFrequency is {frequency}."
    )


def test_a_related_dataset_of_another_domain_does_not_hide_other_problems() -> None:
    document = minimal()
    document["Datasets"].append(
        dataset("RELATED_TIME_SERIES", "metric_name:string", "timestamp:timestamp", "load:float", domain="METRICS")
    )
    document["Predictor"]["ForecastHorizon"] = 0

    assert [problem.split(": ")[1] for problem in messages(document)] == [
        "$.Predictor.ForecastHorizon",
        "$.Datasets[1].Domain",
    ]


@pytest.mark.parametrize("value", [3, "Deutschland!", None])
def test_a_feature_whose_value_cannot_be_read_is_one_problem(value: Any) -> None:
    legacy_document, auto_document = legacy(), auto()
    legacy_document["Predictor"]["InputDataConfig"]["SupplementaryFeatures"][0]["Value"] = value
    auto_document["AutoPredictor"]["DataConfig"]["AdditionalDatasets"][0]["Configuration"] = {"CountryCode": [value]}

    assert ".SupplementaryFeatures[0].Value: " in message(legacy_document)
    assert ".AdditionalDatasets[0].Configuration.CountryCode[0]: " in message(auto_document)
