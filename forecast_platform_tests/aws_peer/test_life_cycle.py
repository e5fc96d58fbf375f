"""How resources are made, fail, are stopped and deleted."""

from __future__ import annotations

import re
from typing import Any

import pytest

from forecast_platform.errors import InputError, Problem
from forecast_platform_tests.aws_peer.program import DESTINATION, Program, ended, gone
from forecast_platform_tests.fakes.aws_peer import ROLE, AwsPeer
from forecast_platform_tests.fakes.idle_engine import IdleEngine

SUFFIX = r"_01[0-9A-HJKMNP-TV-Z]{24}"
ACCOUNT = "arn:aws:forecast:eu-west-1:123456789012"


def test_everything_that_the_api_can_make_is_made(program: Program, forecast: Any, engine: IdleEngine) -> None:
    predictor = program.auto_predictor(ExplainPredictor=True)
    backtest = forecast.create_predictor_backtest_export_job(
        PredictorBacktestExportJobName="backtest", PredictorArn=predictor, Destination=DESTINATION
    )
    ended(forecast.describe_predictor_backtest_export_job, **_arn(backtest))
    explained = forecast.describe_auto_predictor(PredictorArn=predictor)["ExplainabilityInfo"]["ExplainabilityArn"]
    ended(forecast.describe_explainability, ExplainabilityArn=explained)
    scores = forecast.create_explainability_export(
        ExplainabilityExportName="scores", ExplainabilityArn=explained, Destination=DESTINATION
    )
    ended(forecast.describe_explainability_export, **_arn(scores))
    week = program.forecasted(predictor)
    program.exported(week)
    analysis = forecast.create_what_if_analysis(WhatIfAnalysisName="sale", ForecastArn=week)
    ended(forecast.describe_what_if_analysis, **_arn(analysis))
    what_if = forecast.create_what_if_forecast(
        WhatIfForecastName="cheaper",
        **_arn(analysis),
        TimeSeriesTransformations=[{"Action": {"AttributeName": "price", "Operation": "MULTIPLY", "Value": 0.9}}],
    )
    ended(forecast.describe_what_if_forecast, **_arn(what_if))
    files = forecast.create_what_if_forecast_export(
        WhatIfForecastExportName="cheaper_files", WhatIfForecastArns=[*_arn(what_if).values()], Destination=DESTINATION
    )
    assert ended(forecast.describe_what_if_forecast_export, **_arn(files))["Status"] == "ACTIVE"
    assert engine.asked == [
        ("import_data", "monday"),
        ("train", "best"),
        *sorted([("explain", "best"), ("export_backtest", "backtest")], key=engine.asked.index),
        ("export_explainability", "scores"),
        ("forecast", "week"),
        ("export_forecast", "files"),
        ("what_if_forecast", "cheaper"),
        ("export_what_if", "cheaper_files"),
    ]


def _arn(reply: dict[str, Any]) -> dict[str, str]:
    return {name: value for name, value in reply.items() if name.endswith("Arn")}


def test_arns_are_those_that_aws_makes(program: Program) -> None:
    dataset = program.dataset()
    imported = program.imported(dataset)
    group = program.group(dataset)
    legacy, auto = program.predictor(group, "old"), program.auto_predictor(group, "new")
    forecasts = program.forecasted(legacy, "legacy_week"), program.forecasted(auto, "auto_week")
    assert [dataset, imported, group, legacy] == [
        f"{ACCOUNT}:dataset/sales",
        f"{ACCOUNT}:dataset-import-job/sales/monday",
        f"{ACCOUNT}:dataset-group/shop",
        f"{ACCOUNT}:predictor/old",
    ]
    assert forecasts[0] == f"{ACCOUNT}:forecast/legacy_week"
    assert program.exported(forecasts[0]) == f"{ACCOUNT}:forecast-export-job/legacy_week/files"
    _fits(auto, f"{ACCOUNT}:predictor/new{SUFFIX}")
    _fits(forecasts[1], f"{ACCOUNT}:forecast/auto_week{SUFFIX}")
    _fits(program.exported(forecasts[1], "more"), f"{ACCOUNT}:forecast-export-job/auto_week{SUFFIX}/more{SUFFIX}")


def _fits(text: str, pattern: str) -> None:
    assert re.fullmatch(pattern, text), text


def test_a_job_is_pending_then_in_progress_then_active_and_its_dataset_shows_it(
    program: Program, forecast: Any, engine: IdleEngine
) -> None:
    begun, go_on = engine.hold()
    dataset = program.dataset()
    arn = program.start_import(dataset)
    assert begun.wait(30)
    during = forecast.describe_dataset_import_job(DatasetImportJobArn=arn)
    assert (during["Status"], during["EstimatedTimeRemainingInMinutes"]) == ("CREATE_IN_PROGRESS", 1)
    assert forecast.describe_dataset(DatasetArn=dataset)["Status"] == "UPDATE_IN_PROGRESS"
    go_on.set()
    after = ended(forecast.describe_dataset_import_job, DatasetImportJobArn=arn)
    assert after["DataSize"] == 0.5
    assert after["FieldStatistics"]["item_id"]["Min"] == "-1.5"
    assert "EstimatedTimeRemainingInMinutes" not in after
    assert forecast.describe_dataset(DatasetArn=dataset)["Status"] == "ACTIVE"


def test_the_reason_of_a_job_that_fails_is_its_message(program: Program, forecast: Any, engine: IdleEngine) -> None:
    def refuse(name: str) -> None:
        raise InputError("The files cannot be used.", [Problem("train/a.csv, line 3", "x", "a number")])

    engine.before = refuse
    arn = program.start_import(program.dataset())
    failed = ended(forecast.describe_dataset_import_job, DatasetImportJobArn=arn)
    assert failed["Status"] == "CREATE_FAILED"
    assert failed["Message"] == "The files cannot be used.\n  - train/a.csv, line 3: found x; expected a number."


def test_a_job_that_crashes_fails_and_the_peer_goes_on(program: Program, forecast: Any, engine: IdleEngine) -> None:
    engine.before = lambda name: {}[name]  # type: ignore[index]
    arn = program.start_import(program.dataset())
    failed = ended(forecast.describe_dataset_import_job, DatasetImportJobArn=arn)
    assert (failed["Status"], failed["Message"]) == ("CREATE_FAILED", "Internal error: KeyError: 'monday'")
    assert len(forecast.list_datasets()["Datasets"]) == 1


def test_a_job_that_is_stopped_stops_with_what_waits_for_it(peer: AwsPeer, program: Program, forecast: Any) -> None:
    peer.fault("hang", "predictor")
    arn = program.start_auto_predictor(program.group_with_data(), ExplainPredictor=True)
    forecast.stop_resource(ResourceArn=arn)
    stopped = ended(forecast.describe_auto_predictor, PredictorArn=arn)
    assert stopped["Status"] == "CREATE_STOPPED"
    explained = stopped["ExplainabilityInfo"]["ExplainabilityArn"]
    assert ended(forecast.describe_explainability, ExplainabilityArn=explained)["Status"] == "CREATE_STOPPED"
    with pytest.raises(forecast.exceptions.InvalidInputException, match="CREATE_STOPPED and cannot be stopped"):
        forecast.stop_resource(ResourceArn=arn)
    with pytest.raises(forecast.exceptions.ResourceInUseException, match="CREATE_STOPPED; it has to be ACTIVE"):
        forecast.create_forecast(ForecastName="a", PredictorArn=arn)


def test_what_a_stopped_job_computes_is_thrown_away(program: Program, forecast: Any, engine: IdleEngine) -> None:
    begun, go_on = engine.hold()
    arn = program.start_import(program.dataset())
    assert begun.wait(30)
    forecast.stop_resource(ResourceArn=arn)
    assert forecast.describe_dataset_import_job(DatasetImportJobArn=arn)["Status"] == "CREATE_STOPPING"
    go_on.set()
    stopped = ended(forecast.describe_dataset_import_job, DatasetImportJobArn=arn)
    assert stopped["Status"] == "CREATE_STOPPED"
    assert "DataSize" not in stopped


def test_an_explainability_of_a_predictor_that_fails_fails_too(peer: AwsPeer, program: Program, forecast: Any) -> None:
    peer.fault("fail", "predictor", message="Too short.")
    arn = program.start_auto_predictor(program.group_with_data(), ExplainPredictor=True)
    assert ended(forecast.describe_auto_predictor, PredictorArn=arn)["Message"] == "Too short."
    explained = forecast.describe_auto_predictor(PredictorArn=arn)["ExplainabilityInfo"]["ExplainabilityArn"]
    failed = ended(forecast.describe_explainability, ExplainabilityArn=explained)
    assert failed["Status"] == "CREATE_FAILED"
    assert failed["Message"] == f"{arn} is in the status CREATE_FAILED."


def test_a_predictor_is_trained_on_the_newest_import_that_brought_data(
    peer: AwsPeer, program: Program, forecast: Any, engine: IdleEngine
) -> None:
    dataset = program.dataset()
    program.imported(dataset, "monday")
    program.imported(dataset, "tuesday")
    peer.fault("fail", "dataset-import-job")
    ended(forecast.describe_dataset_import_job, DatasetImportJobArn=program.start_import(dataset, "wednesday"))
    program.predictor(program.group(dataset))
    assert engine.trained_on == {"best": ["tuesday"]}


def test_a_predictor_trained_again_is_like_its_reference_and_says_so(program: Program, forecast: Any) -> None:
    first = program.auto_predictor(ForecastTypes=["0.2", "mean"], TimeAlignmentBoundary={"Hour": 6})
    reply = forecast.create_auto_predictor(PredictorName="second", ReferencePredictorArn=first)
    second = ended(forecast.describe_auto_predictor, **_arn(reply))
    assert second["ForecastTypes"] == ["0.2", "mean"]
    assert (second["ForecastHorizon"], second["TimeAlignmentBoundary"]) == (7, {"Hour": 6})
    assert second["ReferencePredictorSummary"] == {"Arn": first, "State": "Active"}
    forecast.delete_predictor(PredictorArn=first)
    gone(forecast.describe_auto_predictor, PredictorArn=first)
    again = forecast.describe_auto_predictor(**_arn(reply))
    assert again["ReferencePredictorSummary"]["State"] == "Deleted"


def test_a_legacy_predictor_is_upgraded_with_its_fillings_and_features(program: Program, forecast: Any) -> None:
    filling = {"FeaturizationMethodName": "filling", "FeaturizationMethodParameters": {"middlefill": "zero"}}
    group = program.group_with_data()
    arn = program.start_predictor(
        group,
        FeaturizationConfig={
            "ForecastFrequency": "D",
            "Featurizations": [{"AttributeName": "target_value", "FeaturizationPipeline": [filling]}],
        },
        InputDataConfig={"DatasetGroupArn": group, "SupplementaryFeatures": [{"Name": "holiday", "Value": "DE"}]},
    )
    ended(forecast.describe_predictor, PredictorArn=arn)
    reply = forecast.create_auto_predictor(PredictorName="upgraded", ReferencePredictorArn=arn)
    upgraded = ended(forecast.describe_auto_predictor, **_arn(reply))
    assert upgraded["ForecastFrequency"] == "D"
    assert upgraded["DataConfig"] == {
        "DatasetGroupArn": group,
        "AttributeConfigs": [{"AttributeName": "target_value", "Transformations": {"middlefill": "zero"}}],
        "AdditionalDatasets": [{"Name": "holiday", "Configuration": {"CountryCode": ["DE"]}}],
    }


def test_a_resource_is_deleted_only_after_what_was_made_from_it(
    program: Program, forecast: Any, engine: IdleEngine
) -> None:
    predictor = program.predictor()
    week = program.forecasted(predictor)
    with pytest.raises(forecast.exceptions.ResourceInUseException, match="before what was made from it"):
        forecast.delete_predictor(PredictorArn=predictor)
    forecast.delete_forecast(ForecastArn=week)
    gone(forecast.describe_forecast, ForecastArn=week)
    forecast.delete_predictor(PredictorArn=predictor)
    gone(forecast.describe_predictor, PredictorArn=predictor)
    assert engine.asked[-2:] == [("delete", "week"), ("delete", "best")]


def test_what_is_being_made_cannot_be_deleted(peer: AwsPeer, program: Program, forecast: Any) -> None:
    peer.fault("hang")
    arn = program.start_import(program.dataset())
    for _ in range(2):
        with pytest.raises(forecast.exceptions.ResourceInUseException, match="only resources in the status ACTIVE"):
            forecast.delete_dataset_import_job(DatasetImportJobArn=arn)


def test_a_tree_is_deleted_with_everything_below_it_and_nothing_beside_it(
    program: Program, forecast: Any, engine: IdleEngine
) -> None:
    group = program.group_with_data()
    program.exported(program.forecasted(program.auto_predictor(group)))
    forecast.delete_resource_tree(ResourceArn=group)
    gone(forecast.describe_dataset_group, DatasetGroupArn=group)
    assert forecast.list_predictors()["Predictors"] == []
    assert forecast.list_forecast_export_jobs()["ForecastExportJobs"] == []
    assert (
        len(forecast.list_datasets()["Datasets"]) == len(forecast.list_dataset_import_jobs()["DatasetImportJobs"]) == 1
    )


def test_a_deletion_that_fails_is_seen_and_can_be_tried_again(
    program: Program, forecast: Any, engine: IdleEngine
) -> None:
    arn = program.imported(program.dataset())
    engine.before = lambda name: {}[name]  # type: ignore[index]
    forecast.delete_dataset_import_job(DatasetImportJobArn=arn)
    while (job := forecast.describe_dataset_import_job(DatasetImportJobArn=arn))["Status"] == "DELETE_IN_PROGRESS":
        pass
    assert (job["Status"], job["Message"]) == ("DELETE_FAILED", "KeyError: 'sales/monday'")
    engine.before = lambda name: None
    forecast.delete_dataset_import_job(DatasetImportJobArn=arn)
    gone(forecast.describe_dataset_import_job, DatasetImportJobArn=arn)


def test_a_forecast_is_asked_for_one_item_once_it_is_active(
    peer: AwsPeer, program: Program, forecast: Any, forecastquery: Any
) -> None:
    predictor = program.predictor()
    week = program.forecasted(predictor)
    answer = forecastquery.query_forecast(ForecastArn=week, Filters={"item_id": "a"})["Forecast"]
    assert answer == {"Predictions": {"p50": [{"Timestamp": "2024-01-01T00:00:00", "Value": 1.5}]}}
    with pytest.raises(forecastquery.exceptions.InvalidInputException, match="yyyy-MM-ddTHH:mm:ss"):
        forecastquery.query_forecast(ForecastArn=week, Filters={"item_id": "a"}, StartDate="2024-01-01")
    peer.fault("hang", "forecast")
    pending = forecast.create_forecast(ForecastName="next", PredictorArn=predictor)["ForecastArn"]
    with pytest.raises(forecastquery.exceptions.ResourceInUseException):
        forecastquery.query_forecast(ForecastArn=pending, Filters={"item_id": "a"})
    with pytest.raises(forecastquery.exceptions.ResourceNotFoundException):
        forecastquery.query_forecast(ForecastArn=f"{ACCOUNT}:forecast/other", Filters={"item_id": "a"})


def test_accuracy_is_there_once_the_predictor_is(peer: AwsPeer, program: Program, forecast: Any) -> None:
    group = program.group_with_data()
    assert forecast.get_accuracy_metrics(PredictorArn=program.auto_predictor(group))["IsAutoPredictor"] is True
    peer.fault("hang", "predictor")
    with pytest.raises(forecast.exceptions.ResourceInUseException):
        forecast.get_accuracy_metrics(PredictorArn=program.start_predictor(group, "next"))


def test_tags_come_with_a_resource_and_are_changed_one_by_one(program: Program, forecast: Any) -> None:
    arn = program.dataset(Tags=[{"Key": "owner", "Value": "me"}, {"Key": "stage", "Value": ""}])
    forecast.tag_resource(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "prod"}])
    forecast.untag_resource(ResourceArn=arn, TagKeys=["owner"])
    assert forecast.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "stage", "Value": "prod"}]
    many = [{"Key": f"k{number}", "Value": ""} for number in range(50)]
    with pytest.raises(forecast.exceptions.LimitExceededException):
        forecast.tag_resource(ResourceArn=arn, Tags=many)
    for wrong in ([{"Key": "aws:x", "Value": ""}], [{"Key": "a", "Value": ""}] * 2):
        with pytest.raises(forecast.exceptions.InvalidInputException):
            program.dataset("other", Tags=wrong)


def test_a_role_of_the_request_comes_back_in_the_description(program: Program, forecast: Any) -> None:
    arn = program.imported(program.dataset())
    described = forecast.describe_dataset_import_job(DatasetImportJobArn=arn)
    assert described["DataSource"]["S3Config"] == {"Path": "s3://data/train/", "RoleArn": ROLE}
    assert (described["Format"], described["ImportMode"]) == ("CSV", "FULL")
