"""The step that explains a forecast: what it keeps, and when it has nothing to do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest

from forecast_platform.errors import PermanentError
from forecast_platform.forecast_service.port import ForecastService
from forecast_platform.pipeline.explaining import explain_forecast, wants_explanation
from forecast_platform.pipeline.forecasting import export_forecast
from forecast_platform.pipeline.inputs import read_training_data
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.planned_project import CUTOFF, planned_params, planned_workspace
from forecast_platform_tests.small_project import quiet, small_workspace

SCORES = "explainability/cutoff=2025-03-02T00-00-00Z/scores.csv"
SUMMARY = SCORES.replace("scores.csv", "summary.json")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = planned_workspace(tmp_path)
    read_training_data(made, CUTOFF)
    return made


def test_the_scores_are_kept_in_amazons_columns_with_what_they_come_from(workspace: Workspace) -> None:
    explained = explain_forecast(workspace, CUTOFF, quiet)
    header, overall, *items = workspace.bucket.read(SCORES).decode().splitlines()
    assert header == (
        "item_id,timestamp,promotion-NormalizedImpactScore,promotion-RawImpactScore,"
        "shelf-NormalizedImpactScore,shelf-RawImpactScore"
    )
    assert overall == "Aggregate,Aggregate,1.0,,0.0,"
    assert [line.split(",")[0] for line in items] == ["bread", "milk"]
    assert explained.overall() == [("promotion", 1.0), ("shelf", 0.0)]
    summary = json.loads(workspace.bucket.read(SUMMARY))
    assert summary == explained.summary
    assert (summary["features"], summary["series"], summary["note"]) == (["promotion", "shelf"], 2, "")


def test_an_explanation_that_is_there_is_read_and_not_made_again(workspace: Workspace) -> None:
    made = explain_forecast(workspace, CUTOFF, quiet)
    before = workspace.bucket.head(SCORES)
    again = explain_forecast(workspace, CUTOFF, quiet)
    assert (made.reused, again.reused) == (False, True)
    assert workspace.bucket.head(SCORES) == before
    assert again.overall() == made.overall()
    assert again.scores.to_csv(index=False) == made.scores.to_csv(index=False)


def test_new_data_is_explained_anew(workspace: Workspace) -> None:
    explain_forecast(workspace, CUTOFF, quiet)
    workspace.bucket.write("train/more.csv", b"2025-03-01,90,milk\n")
    read_training_data(workspace, CUTOFF)
    assert not explain_forecast(workspace, CUTOFF, quiet).reused


def test_a_predictor_that_was_cleaned_up_is_trained_for_it_and_cleaned_up_again(tmp_path: Path) -> None:
    workspace = planned_workspace(tmp_path, cleanup=True)
    read_training_data(workspace, CUTOFF)
    export_forecast(workspace, CUTOFF, quiet)
    assert workspace.service.resources("small") == []
    assert explain_forecast(workspace, CUTOFF, quiet).overall()[0] == ("promotion", 1.0)
    assert workspace.service.resources("small") == []


def test_it_is_wanted_when_the_project_or_its_parameters_ask_for_it(tmp_path: Path) -> None:
    auto = {
        "PredictorName": "p",
        "ForecastHorizon": 5,
        "ForecastFrequency": "D",
        "ExplainPredictor": True,
    }
    params = planned_params()
    del params["Predictor"]
    asked = planned_workspace(tmp_path / "asked", params | {"AutoPredictor": auto})
    assert not wants_explanation(planned_workspace(tmp_path / "quiet"))
    assert wants_explanation(planned_workspace(tmp_path / "project", explain=True))
    assert wants_explanation(asked)


def test_a_project_without_features_is_told_that_there_is_nothing_to_explain(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    read_training_data(workspace, CUTOFF)
    explained = explain_forecast(workspace, CUTOFF, quiet)
    assert "nothing to explain" in explained.summary["note"]
    assert explained.overall() == []


def test_a_service_that_cannot_explain_is_named(workspace: Workspace) -> None:
    class Plain:
        kind = "plain"

    plain = Workspace(workspace.project, workspace.bucket, cast(ForecastService, Plain()), workspace.warehouse)
    with pytest.raises(PermanentError, match="The service plain can neither explain"):
        explain_forecast(plain, CUTOFF, quiet)
