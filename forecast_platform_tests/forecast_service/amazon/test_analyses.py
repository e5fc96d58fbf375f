"""Explanations and what-ifs by Amazon Forecast, against the peer: the same numbers as those of the embedded engine."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from forecast_platform.aws.clients import client
from forecast_platform.engine.frames import TrainingFrames
from forecast_platform.engine.what_if import Condition, Scenario, Transformation
from forecast_platform.errors import InputError
from forecast_platform.forecast_service.amazon.explain import explanation_of
from forecast_platform.forecast_service.local import LocalForecastService
from forecast_platform.forecast_service.port import AnalysingService, ImportRequest, JobUnderWayError
from forecast_platform.pipeline.forecasting import clean_up_project
from forecast_platform.pipeline.inputs import read_training_data
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.engine.series import quiet
from forecast_platform_tests.fakes.aws_peer import AwsPeer
from forecast_platform_tests.forecast_service.amazon.account import project_bucket, service
from forecast_platform_tests.planned_project import CUTOFF, first_forecast_day, planned_params, planned_workspace

PROMOTED_MILK = Scenario(
    (
        Transformation(
            "promotion",
            "ADD",
            1.0,
            (Condition("item_id", "EQUALS", "milk"), Condition("promotion", "LESS_THAN", "1")),
        ),
    )
)


def planned(home: Path, params: dict[str, Any] | None = None, **changes: Any) -> tuple[Workspace, ImportRequest]:
    """The planned project on Amazon, and the request of its last cutoff."""
    local = planned_workspace(home, params)
    bucket = project_bucket("small")
    for stored in local.bucket.list():
        bucket.write(stored.key, local.bucket.read(stored.key))
    workspace = replace(local, bucket=bucket, service=service(bucket, **changes))
    read_training_data(workspace, CUTOFF)
    return workspace, workspace.import_request(CUTOFF, workspace.snapshot(CUTOFF))


def auto_params() -> dict[str, Any]:
    """The same project with an AutoPredictor."""
    params = planned_params()
    predictor = params.pop("Predictor")
    return params | {
        "AutoPredictor": {
            "PredictorName": predictor["PredictorName"],
            "ForecastHorizon": predictor["ForecastHorizon"],
            "ForecastFrequency": "D",
        }
    }


def analysing(workspace: Workspace) -> AnalysingService:
    assert isinstance(workspace.service, AnalysingService)
    return workspace.service


def trained(workspace: Workspace, request: ImportRequest) -> str:
    return workspace.service.train_predictor(request, quiet).name


def made(peer: AwsPeer, *words: str) -> list[str]:
    """Create calls of analyses, each of which was made once."""
    counts = peer.created()
    assert set(counts.values()) <= {1}
    return [operation for operation, _ in counts if any(word in operation for word in words)]


@pytest.mark.slow
def test_a_scenario_gives_the_numbers_of_the_embedded_engine_and_is_forecast_once(
    peer: AwsPeer, tmp_path: Path
) -> None:
    workspace, request = planned(tmp_path)
    predictor = trained(workspace, request)
    local = LocalForecastService(tmp_path / "local")
    expected = local.what_if(local.train_predictor(request, quiet).name, request, PROMOTED_MILK, quiet)
    for _ in range(2):
        compared = analysing(workspace).what_if(predictor, request, PROMOTED_MILK, quiet)
        pd.testing.assert_frame_equal(compared.table, expected.table)
        assert (compared.changed_values, compared.notes) == (expected.changed_values, expected.notes)
    assert made(peer, "WhatIf") == [
        "CreateWhatIfAnalysis",
        "CreateWhatIfForecast",
        "CreateWhatIfForecastExport",
    ]


@pytest.mark.slow
def test_rows_that_replace_the_plan_give_the_numbers_of_the_embedded_engine(peer: AwsPeer, tmp_path: Path) -> None:
    workspace, request = planned(tmp_path)
    days = pd.date_range(first_forecast_day(), periods=2)
    rows = pd.DataFrame({"item_id": "bread", "timestamp": days, "promotion": [1.0, float("nan")]})
    earlier = rows.assign(timestamp=days - pd.Timedelta(days=9))
    scenario = Scenario(replacement=pd.concat([earlier, rows], ignore_index=True))
    local = LocalForecastService(tmp_path / "local")
    expected = local.what_if(local.train_predictor(request, quiet).name, request, scenario, quiet)
    compared = analysing(workspace).what_if(trained(workspace, request), request, scenario, quiet)
    pd.testing.assert_frame_equal(compared.table, expected.table)
    assert compared.changed_values == expected.changed_values


@pytest.mark.slow
def test_two_scenarios_share_the_analysis_and_one_that_changes_nothing_is_not_sent(
    peer: AwsPeer, tmp_path: Path
) -> None:
    workspace, request = planned(tmp_path)
    predictor = trained(workspace, request)
    more = Scenario((Transformation("promotion", "MULTIPLY", 3.0),))
    nothing = Scenario((Transformation("promotion", "MULTIPLY", 1.0),))
    for scenario in (PROMOTED_MILK, more):
        analysing(workspace).what_if(predictor, request, scenario, quiet)
    compared = analysing(workspace).what_if(predictor, request, nothing, quiet)
    assert compared.changed_values == (0,)
    assert "changes no value" in compared.notes[0]
    assert made(peer, "WhatIfAnalysis", "WhatIfForecast").count("CreateWhatIfForecast") == 2
    assert made(peer, "WhatIfAnalysis") == ["CreateWhatIfAnalysis"]


def test_a_scenario_that_cannot_be_forecast_says_all_that_is_wrong_and_begins_nothing(
    peer: AwsPeer, tmp_path: Path
) -> None:
    workspace, request = planned(tmp_path)
    wrong = Scenario((Transformation("promo", "ADD", 1.0), Transformation("promotion", "DIVIDE", 0.0)))
    with pytest.raises(InputError) as refused:
        analysing(workspace).what_if("not_looked_for", request, wrong, quiet)
    assert len(refused.value.problems) == 2
    assert peer.created() == {}


@pytest.mark.slow
def test_a_scenario_that_is_not_waited_for_is_forecast_step_by_step_and_each_is_begun_once(
    peer: AwsPeer, tmp_path: Path
) -> None:
    workspace, request = planned(tmp_path)
    predictor = trained(workspace, request)
    waited_for = analysing(workspace).what_if(predictor, request, PROMOTED_MILK, quiet)
    made_at_once = made(peer, "WhatIf")
    clean_up_project(workspace)
    peer.forget_calls()
    predictor = trained(workspace, request)
    met: set[str] = set()
    deferred = service(workspace.bucket, deferred=True)
    while True:
        try:
            compared = deferred.what_if(predictor, request, PROMOTED_MILK, quiet)
            break
        except JobUnderWayError as job:
            met.add(job.kind)
            while not deferred.has_ended(job.kind, job.name):
                time.sleep(0.01)
    assert met
    assert made(peer, "WhatIf") == made_at_once
    pd.testing.assert_frame_equal(compared.table, waited_for.table)


@pytest.mark.slow
def test_cleaning_up_deletes_analyses_with_their_forecast(peer: AwsPeer, tmp_path: Path) -> None:
    workspace, request = planned(tmp_path)
    analysing(workspace).what_if(trained(workspace, request), request, PROMOTED_MILK, quiet)
    assert list(workspace.bucket.list("service/analyses/"))
    clean_up_project(workspace)
    assert client("forecast").list_what_if_analyses()["WhatIfAnalyses"] == []
    assert list(workspace.bucket.list("service/analyses/")) == []


def test_a_forecast_of_no_auto_predictor_is_refused_with_what_to_do(peer: AwsPeer, tmp_path: Path) -> None:
    workspace, request = planned(tmp_path)
    with pytest.raises(InputError, match="AutoPredictor") as refused:
        analysing(workspace).explain("not_looked_for", request, quiet)
    assert "service: local" in refused.value.problems[0].advice
    assert peer.created() == {}


@pytest.mark.slow
def test_an_explanation_has_the_numbers_and_columns_of_the_embedded_engine(peer: AwsPeer, tmp_path: Path) -> None:
    workspace, request = planned(tmp_path, auto_params())
    local = LocalForecastService(tmp_path / "local")
    quick = replace(request, preset="fast")
    expected = local.explain(local.train_predictor(quick, quiet).name, quick, quiet)
    for _ in range(2):
        explanation = analysing(workspace).explain(trained(workspace, request), request, quiet)
        pd.testing.assert_frame_equal(explanation.scores, expected.scores)
        assert explanation.features == expected.features == ("promotion", "shelf")
        assert (explanation.explained, explanation.series) == (expected.explained, expected.series) == (2, 2)
    assert made(peer, "Explainability") == ["CreateExplainability", "CreateExplainabilityExport"]


@pytest.mark.slow
def test_of_more_series_than_amazon_explains_an_even_sample_is_explained(peer: AwsPeer, tmp_path: Path) -> None:
    workspace, one_shop = planned(tmp_path, auto_params())
    request = replace(one_shop, data_hash="chain", frames=lambda: chain(one_shop.frames(), 60))
    explanation = analysing(workspace).explain(trained(workspace, request), request, quiet)
    assert (explanation.explained, explanation.series) == (50, 60)
    assert list(explanation.scores["item_id"])[:3] == ["Aggregate", "item00", "item01"]
    assert len(explanation.scores) == 51
    (listed,) = client("forecast").list_explainabilities()["Explainabilities"]
    assert listed["ExplainabilityConfig"]["TimeSeriesGranularity"] == "SPECIFIC"


def chain(shop: TrainingFrames, count: int) -> TrainingFrames:
    """Bread, and its plan, under as many names."""

    def repeated(table: pd.DataFrame | None) -> pd.DataFrame:
        assert table is not None
        bread = table[table["item_id"] == "bread"]
        return pd.concat([bread.assign(item_id=f"item{number:02}") for number in range(count)], ignore_index=True)

    return TrainingFrames(repeated(shop.target), repeated(shop.related), repeated(shop.item_metadata))


def test_a_forecast_from_the_past_alone_has_nothing_to_explain(peer: AwsPeer, tmp_path: Path) -> None:
    params = auto_params()
    params["Datasets"] = params["Datasets"][:1]
    workspace, request = planned(tmp_path, params)
    explanation = analysing(workspace).explain("not_looked_for", request, quiet)
    assert (explanation.features, explanation.series) == ((), 2)
    assert "nothing to explain" in explanation.note
    assert peer.created() == {}


def test_an_export_without_a_row_of_all_series_gets_their_mean() -> None:
    export = (
        b"item_id,timestamp,price-NormalizedImpactScore,price-RawImpactScore\n"
        b"tea,aggregate,1.0,12.5\nsalt,aggregate,-0.5,-2.0\ntea,2025-01-01T00:00:00,1.0,3.0\n"
    )
    explanation = explanation_of([export], ["item_id"], explained=2, series=2)
    assert explanation.scores.fillna("").to_numpy().tolist() == [
        ["Aggregate", "Aggregate", 0.25, ""],
        ["salt", "Aggregate", -0.5, -2.0],
        ["tea", "Aggregate", 1.0, 12.5],
    ]
    assert explanation.note == ""
