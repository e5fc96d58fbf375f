"""The step that forecasts scenarios: what it reads, what it keeps, and what it refuses."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from forecast_platform.errors import InputError
from forecast_platform.pipeline.forecasting import export_forecast
from forecast_platform.pipeline.inputs import read_training_data
from forecast_platform.pipeline.what_if import forecast_scenarios, scenario_names, try_scenario
from forecast_platform.pipeline.workspace import Workspace
from forecast_platform_tests.planned_project import CUTOFF, SCENARIO, planned_workspace
from forecast_platform_tests.small_project import quiet, small_workspace

FORECAST = "what_if/milk/cutoff=2025-03-02T00-00-00Z/forecast.csv"
SUMMARY = FORECAST.replace("forecast.csv", "summary.json")
CSV = b"timestamp,item_id,promotion\n2025-03-02,milk,1\n2025-03-04,milk,1\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = planned_workspace(tmp_path / "home")
    read_training_data(made, CUTOFF)
    return made


def replacement(path: str = "what_if/milk.csv", **changes: Any) -> bytes:
    source = {"S3Config": {"Path": path}, "Format": "CSV", **changes}
    return json.dumps({"TimeSeriesReplacementsDataSource": source}).encode()


def problems(workspace: Workspace) -> str:
    with pytest.raises(InputError) as caught:
        forecast_scenarios(workspace, CUTOFF, quiet)
    return str(caught.value)


def test_a_scenario_is_compared_with_the_exported_forecast(workspace: Workspace) -> None:
    workspace.bucket.write("what_if/milk.json", SCENARIO.encode())
    raw = export_forecast(workspace, CUTOFF, quiet)
    [found] = forecast_scenarios(workspace, CUTOFF, quiet)
    exported = pd.read_csv(io.BytesIO(workspace.bucket.read(raw.keys[0])))
    kept = pd.read_csv(io.BytesIO(workspace.bucket.read(FORECAST)))
    assert list(kept.columns) == [
        *("item_id", "timestamp", "p10", "p10_what_if", "p10_difference"),
        *("p50", "p50_what_if", "p50_difference", "p90", "p90_what_if", "p90_difference"),
    ]
    assert kept["timestamp"].tolist() == exported["date"].tolist()
    assert kept["p50"].tolist() == exported["p50"].tolist()
    moved = kept.groupby("item_id")["p50_difference"].sum()
    assert moved["bread"] == 0
    assert moved["milk"] > 10
    summary = json.loads(workspace.bucket.read(SUMMARY))
    assert summary == found.summary
    assert (summary["predictor"], summary["changed_values"], summary["notes"]) == (raw.predictor, [4], [])
    assert summary["totals"]["p50"]["what_if"] == pytest.approx(kept["p50_what_if"].sum())


def test_scenarios_that_are_forecast_are_read_and_only_changed_ones_are_made_again(workspace: Workspace) -> None:
    for name in ("milk", "bread"):
        workspace.bucket.write(f"what_if/{name}.json", SCENARIO.replace("milk", name).encode())
    made = forecast_scenarios(workspace, CUTOFF, quiet)
    workspace.bucket.write("what_if/bread.json", SCENARIO.replace("milk", "bread").replace("ADD", "SUBTRACT").encode())
    again = forecast_scenarios(workspace, CUTOFF, quiet)
    assert [one.reused for one in made] == [False, False]
    assert [(one.name, one.reused) for one in again] == [("bread", False), ("milk", True)]
    pd.testing.assert_frame_equal(again[1].table, made[1].table)


def test_a_replacement_is_read_from_a_csv_file_in_the_bucket(workspace: Workspace) -> None:
    workspace.bucket.write("what_if/milk.csv", CSV)
    workspace.bucket.write("what_if/milk.json", replacement())
    [found] = forecast_scenarios(workspace, CUTOFF, quiet)
    assert found.summary["changed_values"] == [2]
    assert found.table.loc[found.table["p50_difference"] != 0, "item_id"].unique().tolist() == ["milk"]
    workspace.bucket.write("what_if/milk.csv", CSV.replace(b"03-04", b"03-05"))
    assert not forecast_scenarios(workspace, CUTOFF, quiet)[0].reused


def test_a_replacement_may_be_named_by_its_whole_path_and_have_a_schema_of_its_own(workspace: Workspace) -> None:
    names = {"promotion": "float", "item_id": "string", "timestamp": "timestamp"}
    schema = {"Attributes": [{"AttributeName": name, "AttributeType": kind} for name, kind in names.items()]}
    workspace.bucket.write("what_if/milk.csv", b"1,milk,2025-03-02 00:00:00\n")
    document = replacement(
        workspace.bucket.uri("what_if/milk.csv"), Schema=schema, TimestampFormat="yyyy-MM-dd HH:mm:ss"
    )
    workspace.bucket.write("what_if/milk.json", document)
    assert forecast_scenarios(workspace, CUTOFF, quiet)[0].summary["changed_values"] == [1]


def test_a_project_without_scenarios_does_nothing(workspace: Workspace) -> None:
    assert forecast_scenarios(workspace, CUTOFF, quiet) == []
    assert workspace.service.resources("small") == []


def test_results_and_other_files_are_not_taken_for_scenarios(workspace: Workspace) -> None:
    for key in ("what_if/a.json", "what_if/a/cutoff=x/summary.json", "what_if/plan.csv"):
        workspace.bucket.write(key, b"{}")
    assert scenario_names(workspace) == ["a"]


def test_everything_that_is_wrong_with_all_scenarios_is_told_at_once(workspace: Workspace) -> None:
    broken = {
        "Action": {"AttributeName": "promotoin", "Operation": "TIMES", "Value": "2"},
        "TimeSeriesConditions": [{"AttributeName": "shelf", "AttributeValue": 1, "Condition": "EQUALS"}],
    }
    second = {"Action": {"AttributeName": "promotoin", "Operation": "MULTIPLY", "Value": 2}}
    document = {"TimeSeriesTransformations": [broken, second], "Sale": 1}
    workspace.bucket.write("what_if/broken.json", json.dumps(document).encode())
    workspace.bucket.write("what_if/text.json", b"{")
    workspace.bucket.write("what_if/nowhere.json", replacement("what_if/none.csv"))
    workspace.bucket.write("what_if/outside.json", replacement("../../secret.csv"))
    workspace.bucket.write("what_if/empty.json", b"{}")
    told = problems(workspace)
    for line in (
        'what_if/broken.json: $.TimeSeriesTransformations[0].Action.Value: found "2"',
        "what_if/broken.json: $.TimeSeriesTransformations[0].TimeSeriesConditions[0].AttributeValue: found 1",
        "what_if/broken.json: $.TimeSeriesTransformations[1].Action.AttributeName: found 'promotoin'",
        "Did you mean 'promotion'?",
        "what_if/broken.json: $.Sale: found the unknown key",
        "what_if/text.json, line 1",
        "what_if/none.csv: found no such file",
        "../../secret.csv: found no such file",
        "what_if/empty.json: found neither",
    ):
        assert line in told
    assert workspace.service.resources("small") == []


@pytest.mark.parametrize("name", ["a-b", "2x", "a b", "x" * 64])
def test_a_scenario_whose_name_cannot_be_used_is_refused(name: str, workspace: Workspace) -> None:
    workspace.bucket.write(f"what_if/{name}.json", SCENARIO.encode())
    assert f"what_if/{name}.json: found '{name}'" in problems(workspace)


@pytest.mark.parametrize(
    ("csv", "says"),
    [
        (b"2025-03-02,milk,many\n", "what_if/milk.csv, line 1, column promotion: found 'many'"),
        (b"2025-03-02,cheese,1\n", "found item_id 'cheese'"),
        (b"", "what_if/milk.csv: found an empty file"),
    ],
)
def test_a_replacement_that_cannot_be_used_is_refused(csv: bytes, says: str, workspace: Workspace) -> None:
    workspace.bucket.write("what_if/milk.csv", csv)
    workspace.bucket.write("what_if/milk.json", replacement())
    assert says in problems(workspace)


def test_a_project_without_related_time_series_is_told_so(tmp_path: Path) -> None:
    workspace = small_workspace(tmp_path)
    read_training_data(workspace, CUTOFF)
    workspace.bucket.write("what_if/milk.json", SCENARIO.encode())
    assert "Add a RELATED_TIME_SERIES dataset" in problems(workspace)


def test_the_item_column_may_have_the_name_that_the_schema_gives_it(tmp_path: Path) -> None:
    workspace = planned_workspace(tmp_path)
    read_training_data(workspace, CUTOFF)
    workspace.bucket.write("what_if/milk.json", SCENARIO.replace("item_id", "Item_ID").encode())
    assert forecast_scenarios(workspace, CUTOFF, quiet)[0].summary["changed_values"] == [4]


def test_a_scenario_can_be_tried_from_a_file_beside_its_replacement(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "milk.json").write_bytes(replacement("plan.csv"))
    (tmp_path / "plan.csv").write_bytes(CSV)
    tried = try_scenario(workspace, CUTOFF, tmp_path / "milk.json", quiet)
    assert (tried.summary["changed_values"], tried.key) == ([2], None)
    assert list(workspace.bucket.list("what_if/")) == []
