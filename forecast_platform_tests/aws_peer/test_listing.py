"""Lists of the peer: pages, filters, tokens."""

from __future__ import annotations

from typing import Any

import pytest

from forecast_platform_tests.aws_peer.program import Program
from forecast_platform_tests.fakes.aws_peer import AwsPeer


def _names(forecast: Any, size: int, **request: Any) -> list[list[str]]:
    pages, token = [], {}
    while True:
        reply = forecast.list_datasets(MaxResults=size, **request, **token)
        pages.append([line["DatasetName"] for line in reply["Datasets"]])
        if "NextToken" not in reply:
            return pages
        token = {"NextToken": reply["NextToken"]}


def test_pages_have_every_resource_once_the_newest_first(program: Program, forecast: Any) -> None:
    for name in "abcde":
        program.dataset(name)
    assert _names(forecast, 2) == [["e", "d"], ["c", "b"], ["a"]]
    assert _names(forecast, 5) == [["e", "d", "c", "b", "a"]]


def test_what_is_made_or_deleted_between_pages_moves_no_other_resource(program: Program, forecast: Any) -> None:
    arns = {name: program.dataset(name) for name in "abcd"}
    first = forecast.list_datasets(MaxResults=2)
    program.dataset("new")
    forecast.delete_dataset(DatasetArn=arns["c"])
    second = forecast.list_datasets(MaxResults=2, NextToken=first["NextToken"])
    assert [line["DatasetName"] for line in second["Datasets"]] == ["b", "a"]


@pytest.mark.parametrize("token", ["nonsense", "W10=", "é", "WyJhIiwgMSwgImIiXQ=="])
def test_a_token_that_no_list_gave_is_refused(forecast: Any, token: str) -> None:
    with pytest.raises(forecast.exceptions.InvalidNextTokenException):
        forecast.list_datasets(NextToken=token)


def test_a_token_of_another_list_is_refused(program: Program, forecast: Any) -> None:
    program.dataset("a")
    program.dataset("b")
    token = forecast.list_datasets(MaxResults=1)["NextToken"]
    with pytest.raises(forecast.exceptions.InvalidNextTokenException):
        forecast.list_dataset_groups(NextToken=token)


def test_filters_include_and_exclude_by_parent_and_by_status(peer: AwsPeer, program: Program, forecast: Any) -> None:
    sales, returns = program.dataset("sales"), program.dataset("returns")
    program.imported(sales, "monday")
    program.imported(returns, "tuesday")
    peer.fault("hang")
    program.start_import(sales, "wednesday")

    def listed(*filters: tuple[str, str, str]) -> list[str]:
        written = [{"Key": key, "Condition": condition, "Value": value} for key, condition, value in filters]
        lines = forecast.list_dataset_import_jobs(Filters=written)["DatasetImportJobs"]
        return [line["DatasetImportJobName"] for line in lines]

    assert listed() == ["wednesday", "tuesday", "monday"]
    assert listed(("DatasetArn", "IS", sales)) == ["wednesday", "monday"]
    assert listed(("DatasetArn", "IS_NOT", sales)) == ["tuesday"]
    assert listed(("DatasetArn", "IS", sales), ("Status", "IS", "ACTIVE")) == ["monday"]
    with pytest.raises(forecast.exceptions.InvalidInputException, match="none of DatasetArn, Status"):
        listed(("PredictorArn", "IS", sales))


def test_the_lists_of_predictors_and_forecasts_say_what_they_are_of(program: Program, forecast: Any) -> None:
    group = program.group_with_data()
    legacy, auto = program.predictor(group, "old"), program.auto_predictor(group, "new")
    program.forecasted(auto)
    lines = forecast.list_predictors()["Predictors"]
    assert [(line["PredictorArn"], line["IsAutoPredictor"], line["DatasetGroupArn"]) for line in lines] == [
        (auto, True, group),
        (legacy, False, group),
    ]
    by_group = [{"Key": "DatasetGroupArn", "Condition": "IS", "Value": group}]
    (line,) = forecast.list_forecasts(Filters=by_group)["Forecasts"]
    assert (line["PredictorArn"], line["CreatedUsingAutoPredictor"]) == (auto, True)
