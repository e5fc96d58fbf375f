"""What Amazon Forecast refuses although its model allows it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from forecast_platform_tests.aws_peer.program import DESTINATION, Program, ended
from forecast_platform_tests.fakes.aws_peer import ROLE, AwsPeer

CONFIG = {"TimeSeriesGranularity": "ALL", "TimePointGranularity": "ALL"}


def _refused(code: str, call: Callable[[], Any]) -> str:
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as refused:
        call()
    assert refused.value.response["Error"]["Code"] == code, refused.value
    return str(refused.value.response["Error"]["Message"])


def test_a_dataset_needs_what_its_domain_requires_and_all_that_misses_is_said(program: Program) -> None:
    attribute = {"AttributeName": "price", "AttributeType": "float"}
    said = _refused("InvalidInputException", lambda: program.dataset(Schema={"Attributes": [attribute]}))
    for missing in ("'item_id'", "'timestamp'", "'target_value'"):
        assert missing in said
    assert "$" not in said


def test_related_time_series_need_a_frequency_and_item_metadata_may_have_one(program: Program, forecast: Any) -> None:
    request = {
        "DatasetName": "prices",
        "Domain": "CUSTOM",
        "DatasetType": "RELATED_TIME_SERIES",
        "Schema": {
            "Attributes": [
                {"AttributeName": "item_id", "AttributeType": "string"},
                {"AttributeName": "timestamp", "AttributeType": "timestamp"},
                {"AttributeName": "price", "AttributeType": "float"},
            ]
        },
    }
    assert "DataFrequency" in _refused("InvalidInputException", lambda: forecast.create_dataset(**request))
    assert program.dataset("items", "ITEM_METADATA", DataFrequency="D")


def test_a_name_that_is_taken_is_refused_with_its_arn(program: Program) -> None:
    arn = program.dataset("sales")
    said = _refused("ResourceAlreadyExistsException", lambda: program.dataset("sales"))
    assert said == f"A dataset already exists with the arn: {arn}"


def test_an_import_may_have_the_name_of_another_datasets_import(program: Program) -> None:
    first, second = program.dataset("sales"), program.dataset("returns")
    program.imported(first, "monday")
    program.imported(second, "monday")
    _refused("ResourceAlreadyExistsException", lambda: program.start_import(first, "monday"))


def test_a_name_that_is_taken_is_said_before_anything_else(peer: AwsPeer, program: Program) -> None:
    """A program that asks again after a crash must hear that, whatever became of the parents meanwhile."""
    dataset = program.dataset()
    peer.fault("hang")
    program.start_import(dataset)
    _refused("ResourceAlreadyExistsException", lambda: program.start_import(dataset))


def test_a_group_has_one_dataset_of_a_type_all_of_its_own_domain(program: Program, forecast: Any) -> None:
    one, two = program.dataset("one"), program.dataset("two")
    assert "one TARGET_TIME_SERIES" in _refused("InvalidInputException", lambda: program.group(one, two))
    retail = program.dataset("items", "ITEM_METADATA", Domain="RETAIL")
    assert "RETAIL" in _refused("InvalidInputException", lambda: program.group(one, retail))
    _refused("ResourceNotFoundException", lambda: program.group(one.replace("one", "none")))
    group = program.group(one)
    _refused(
        "InvalidInputException",
        lambda: forecast.update_dataset_group(DatasetGroupArn=group, DatasetArns=[one, two]),
    )
    forecast.update_dataset_group(DatasetGroupArn=group, DatasetArns=[two])
    assert forecast.describe_dataset_group(DatasetGroupArn=group)["DatasetArns"] == [two]


def test_a_dataset_takes_one_import_at_a_time_and_trains_nothing_meanwhile(peer: AwsPeer, program: Program) -> None:
    dataset = program.dataset()
    program.imported(dataset)
    group = program.group(dataset)
    peer.fault("hang", "dataset-import-job")
    program.start_import(dataset, "tuesday")
    assert "UPDATE_" in _refused("ResourceInUseException", lambda: program.start_import(dataset, "wednesday"))
    assert "UPDATE_" in _refused("ResourceInUseException", lambda: program.start_predictor(group))


def test_a_timestamp_format_holds_the_frequency(program: Program, forecast: Any) -> None:
    hourly = program.dataset(DataFrequency="H")
    for written, said in (("yyyy-MM-dd", "cannot hold"), ("dd.MM.yyyy", "is none of")):
        message = _refused(
            "InvalidInputException",
            lambda written=written: forecast.create_dataset_import_job(
                DatasetImportJobName="a",
                DatasetArn=hourly,
                DataSource={"S3Config": {"Path": "s3://data/", "RoleArn": ROLE}},
                TimestampFormat=written,
            ),
        )
        assert said in message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ForecastHorizon": 501}, "not between 1 and 500"),
        ({"ForecastHorizon": 0}, "not between 1 and 500"),
        ({"ForecastTypes": ["0.1", "0.2", "0.3", "0.4", "0.5", "mean"]}, "At most 5 forecast types"),
        ({"ForecastTypes": ["0.1", ".10"]}, "given twice"),
        ({"ForecastTypes": ["0.00"]}, "between 0.01 and 0.99"),
        ({"AlgorithmArn": "arn:aws:forecast:::algorithm/Magic"}, "is none of"),
        ({"PerformAutoML": True}, "AlgorithmArn cannot be given when PerformAutoML is true"),
        ({"PerformHPO": True}, "PerformHPO works with CNN-QR and Deep_AR_Plus only"),
        ({"AutoMLOverrideStrategy": "LatencyOptimized"}, "needs PerformAutoML"),
        ({"EvaluationParameters": {"NumberOfBacktestWindows": 6}}, "not between 1 and 5"),
        ({"FeaturizationConfig": {"ForecastFrequency": "H"}}, "higher than the TARGET_TIME_SERIES's, D"),
    ],
)
def test_a_legacy_predictor_obeys_the_rules(program: Program, changes: dict[str, Any], said: str) -> None:
    group = program.group_with_data()
    assert said in _refused("InvalidInputException", lambda: program.start_predictor(group, **changes))


def test_an_auto_predictor_needs_its_data_or_a_reference_but_not_both(program: Program, forecast: Any) -> None:
    said = _refused("InvalidInputException", lambda: forecast.create_auto_predictor(PredictorName="a"))
    assert said == "A new predictor needs ForecastHorizon, ForecastFrequency, DataConfig."
    first = program.auto_predictor()
    said = _refused(
        "InvalidInputException",
        lambda: forecast.create_auto_predictor(PredictorName="a", ReferencePredictorArn=first, ForecastHorizon=3),
    )
    assert "not ForecastHorizon" in said


def test_a_monitor_is_refused_with_the_reason(program: Program, forecast: Any) -> None:
    group = program.group_with_data()
    _refused("InvalidInputException", lambda: program.start_auto_predictor(group, MonitorConfig={"MonitorName": "m"}))
    said = _refused("UnsupportedOperationException", forecast.list_monitors)
    assert "does not support ListMonitors" in said


def test_a_predictor_needs_target_data_in_its_group(program: Program) -> None:
    dataset = program.dataset()
    assert "import data first" in _refused(
        "InvalidInputException", lambda: program.start_predictor(program.group(dataset))
    )
    assert "no TARGET_TIME_SERIES" in _refused(
        "InvalidInputException", lambda: program.start_predictor(program.group(name="empty"))
    )


def test_related_time_series_are_as_frequent_as_the_forecast(program: Program) -> None:
    sales, prices = program.dataset(), program.dataset("prices", "RELATED_TIME_SERIES")
    program.imported(sales)
    program.imported(prices)
    group = program.group(sales, prices)
    weekly = {"FeaturizationConfig": {"ForecastFrequency": "W"}}
    said = _refused("InvalidInputException", lambda: program.start_predictor(group, **weekly))
    assert "RELATED_TIME_SERIES's, D" in said


def test_each_kind_of_predictor_is_described_by_its_own_operation(program: Program, forecast: Any) -> None:
    group = program.group_with_data()
    legacy, auto = program.predictor(group, "old"), program.auto_predictor(group, "new")
    assert "DescribeAutoPredictor" in _refused(
        "InvalidInputException", lambda: forecast.describe_predictor(PredictorArn=auto)
    )
    assert "DescribePredictor" in _refused(
        "InvalidInputException", lambda: forecast.describe_auto_predictor(PredictorArn=legacy)
    )


def test_an_arn_of_another_kind_is_refused(program: Program, forecast: Any) -> None:
    dataset = program.dataset()
    assert "not the ARN of a forecast" in _refused(
        "InvalidInputException", lambda: forecast.describe_forecast(ForecastArn=dataset)
    )


def test_three_jobs_of_a_kind_run_at_once_and_legacy_and_auto_predictors_are_two_kinds(
    peer: AwsPeer, program: Program, forecast: Any
) -> None:
    group = program.group_with_data()
    peer.fault("hang", "predictor")
    started = [program.start_predictor(group, name) for name in "abc"]
    said = _refused("LimitExceededException", lambda: program.start_predictor(group, "d"))
    assert said.startswith("At most 3 predictor resources can be created concurrently.")
    program.start_auto_predictor(group, "e")
    peer.heal()
    for arn in started:
        ended(forecast.describe_predictor, PredictorArn=arn)
    assert program.start_predictor(group, "d")


def test_only_what_an_auto_predictor_made_is_explained_and_a_predictor_once(program: Program, forecast: Any) -> None:
    group = program.group_with_data()
    legacy, auto = program.predictor(group, "old"), program.auto_predictor(group, "new")

    def explain(name: str, arn: str, **changes: Any) -> Any:
        request = {"ExplainabilityName": name, "ResourceArn": arn, "ExplainabilityConfig": CONFIG}
        return forecast.create_explainability(**{**request, **changes})

    assert "CreateAutoPredictor" in _refused("InvalidInputException", lambda: explain("a", legacy))
    specific = {**CONFIG, "TimePointGranularity": "SPECIFIC"}
    assert "ALL time points" in _refused(
        "InvalidInputException", lambda: explain("a", auto, ExplainabilityConfig=specific)
    )
    week = program.forecasted(auto)
    assert "needs StartDateTime and EndDateTime" in _refused(
        "InvalidInputException", lambda: explain("a", week, ExplainabilityConfig=specific)
    )
    assert "only when TimePointGranularity is SPECIFIC" in _refused(
        "InvalidInputException", lambda: explain("a", week, StartDateTime="2024-01-01T00:00:00")
    )
    explain("a", auto)
    assert "has an explainability" in _refused("InvalidInputException", lambda: explain("b", auto))


def test_a_what_if_forecast_is_either_a_transformation_or_a_replacement(program: Program, forecast: Any) -> None:
    week = program.forecasted(program.auto_predictor())
    analysis = forecast.create_what_if_analysis(WhatIfAnalysisName="a", ForecastArn=week)["WhatIfAnalysisArn"]
    ended(forecast.describe_what_if_analysis, WhatIfAnalysisArn=analysis)

    def what_if(**scenario: Any) -> Any:
        return forecast.create_what_if_forecast(WhatIfForecastName="w", WhatIfAnalysisArn=analysis, **scenario)

    _refused("InvalidInputException", what_if)
    assert "no Action" in _refused("InvalidInputException", lambda: what_if(TimeSeriesTransformations=[{}]))


def test_nothing_is_exported_before_it_is_there(peer: AwsPeer, program: Program, forecast: Any) -> None:
    predictor = program.predictor()
    peer.fault("hang", "forecast")
    arn = forecast.create_forecast(ForecastName="week", PredictorArn=predictor)["ForecastArn"]
    _refused(
        "ResourceInUseException",
        lambda: forecast.create_forecast_export_job(
            ForecastExportJobName="files", ForecastArn=arn, Destination=DESTINATION
        ),
    )
