"""A project's dashboard in QuickSight: created, brought up to date, left alone; and what happens when it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from forecast_platform.aws.clients import client, forget_clients
from forecast_platform.aws.settings import AwsSettings
from forecast_platform.errors import PermanentError, TransientError
from forecast_platform.params import Params, parse_params
from forecast_platform.quicksight.publishing import QuickSightDashboard, publish_dashboard
from forecast_platform_tests.fakes import moto_server
from forecast_platform_tests.fakes.moto_server import ACCOUNT, REGION
from forecast_platform_tests.fakes.quicksight import QuickSight, running_quicksight
from forecast_platform_tests.small_project import small_params

PRINCIPAL = f"arn:aws:quicksight:{REGION}:{ACCOUNT}:user/default/planner"
SETTINGS = AwsSettings(
    bucket="forecasts", athena_work_group="forecasts", quicksight_principal_arn=PRINCIPAL, poll_seconds=0.01
)
ID = "forecast-platform-shop"
UNCHANGED = dict.fromkeys(("data source", "data set", "analysis", "dashboard"), "unchanged")


@pytest.fixture(scope="module")
def server() -> Iterator[QuickSight]:
    """An account to which the environment points. One client for all tests: it takes a while to read the model."""
    with running_quicksight() as (account, url), pytest.MonkeyPatch.context() as environment:
        for name, value in {**moto_server.environment(url), "AWS_ENDPOINT_URL_QUICKSIGHT": url}.items():
            environment.setenv(name, value)
        forget_clients()
        yield account
    forget_clients()


@pytest.fixture
def account(server: QuickSight) -> QuickSight:
    """The account, empty."""
    server.empty()
    return server


def params(**changes: Any) -> Params:
    return parse_params(json.dumps(small_params(**changes)).encode(), source="params.json").params


def with_dimension() -> Params:
    """The same project with a place for every sale."""
    document = small_params()
    attributes = document["Datasets"][0]["Schema"]["Attributes"]
    attributes.append({"AttributeName": "Place", "AttributeType": "string"})
    document["Predictor"]["FeaturizationConfig"]["ForecastDimensions"] = ["Place"]
    return parse_params(json.dumps(document).encode(), source="params.json").params


def publish(wanted: Params | None = None, settings: AwsSettings = SETTINGS) -> QuickSightDashboard:
    return publish_dashboard("shop", wanted or params(), settings)


def test_without_rights_the_failure_names_what_was_tried(account: QuickSight) -> None:
    account.denied.add("CreateDataSource")
    with pytest.raises(PermanentError, match=rf"refused to create the QuickSight data source {ID}: .*deploy/iam"):
        publish()


def test_a_user_that_quicksight_does_not_know_is_refused_with_its_words(account: QuickSight) -> None:
    stranger = replace(SETTINGS, quicksight_principal_arn=PRINCIPAL.replace("planner", "nobody"))
    with pytest.raises(PermanentError, match=r"InvalidParameterValueException: Principal .*/nobody is not found"):
        publish(settings=stranger)


def test_a_creation_that_fails_says_every_reason_and_the_next_run_makes_it_good(account: QuickSight) -> None:
    account.resources.failing["Dashboard"] = [
        {"Type": "COLUMN_TYPE_MISMATCH", "Message": "no demand", "ViolatedEntities": [{"Path": "sheet/visual"}]},
        {"Type": "ACCESS_DENIED", "Message": "no Athena"},
    ]
    with pytest.raises(PermanentError) as failure:
        publish()
    assert str(failure.value).splitlines() == [
        f"QuickSight could not create the dashboard {ID}.",
        "  - COLUMN_TYPE_MISMATCH: no demand (at sheet/visual)",
        "  - ACCESS_DENIED: no Athena",
    ]
    assert publish().changes == {**UNCHANGED, "dashboard": "updated"}
    assert publish().changes == UNCHANGED


def test_a_data_source_that_cannot_reach_athena_says_so(account: QuickSight) -> None:
    account.resources.failing["DataSource"] = [{"Type": "ACCESS_DENIED", "Message": "the work group is not allowed"}]
    with pytest.raises(PermanentError, match="ACCESS_DENIED: the work group is not allowed"):
        publish()
    assert account.changes == {"CreateDataSource": 1}, "nothing is built on it"


def test_what_never_gets_ready_is_given_up(account: QuickSight, monkeypatch: pytest.MonkeyPatch) -> None:
    account.resources.slow = 10_000
    monkeypatch.setattr("forecast_platform.quicksight.publishing._DEADLINE", 0.05)
    with pytest.raises(TransientError, match=f"data source {ID} is still in progress after"):
        publish()


class KilledError(BaseException):
    """The process ends here."""


def publish_until(last: int, wanted: Params) -> bool:
    """Publish, and be killed just before call number ``last``; whether there were so many calls."""
    calls = 0

    def kill(**_: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == last:
            raise KilledError

    events = client("quicksight").meta.events
    events.register("before-call.quicksight", kill, unique_id="kill")
    try:
        publish(wanted)
    except KilledError:
        return True
    finally:
        events.unregister("before-call.quicksight", unique_id="kill")
    return False


@pytest.mark.parametrize(
    ("is_update", "every"),
    [(False, 5), pytest.param(False, 1, marks=pytest.mark.slow), pytest.param(True, 1, marks=pytest.mark.slow)],
)
def test_a_run_killed_at_any_call_and_started_again_ends_like_an_undisturbed_one(
    account: QuickSight, is_update: bool, every: int
) -> None:
    wanted = with_dimension() if is_update else params()
    for call in range(1, 100, every):
        account.empty()
        if is_update:
            publish(params())
        was_killed = publish_until(call, wanted)
        publish(wanted)
        assert publish(wanted).changes == UNCHANGED
        dashboard = account.resources.held["Dashboard", ID]
        assert dashboard.versions[-1]["outcome"] == "CREATION_SUCCESSFUL"
        assert dashboard.published == len(dashboard.versions)
        assert {count for name, count in account.changes.items() if name.startswith("Create")} == {1}
        if not was_killed:
            return
    raise AssertionError("it calls for ever")


def test_everything_is_created_and_owned_by_the_principal(account: QuickSight) -> None:
    dashboard = publish()
    assert dashboard.changes == dict.fromkeys(UNCHANGED, "created")
    assert dashboard.url == f"https://{REGION}.quicksight.aws.amazon.com/sn/dashboards/{ID}"
    assert {kind for kind, _ in account.resources.held} == {"DataSource", "DataSet", "Analysis", "Dashboard"}
    assert all(resource.owners == {PRINCIPAL} for resource in account.resources.held.values())
    source = account.resources.held["DataSource", ID].versions[0]
    assert source["DataSourceParameters"] == {"AthenaParameters": {"WorkGroup": "forecasts"}}
    [table] = account.resources.held["DataSet", ID].versions[0]["PhysicalTableMap"].values()
    assert table["CustomSql"]["SqlQuery"] == (
        'SELECT "item_id", "target_value", "timestamp", "type" FROM "shop"."forecast_with_history"'
    )
    assert {one["Name"]: one["Type"] for one in table["CustomSql"]["Columns"]} == {
        "item_id": "STRING",
        "target_value": "DECIMAL",
        "timestamp": "DATETIME",
        "type": "STRING",
    }


def test_the_chart_has_time_target_and_type_and_a_control_for_items_and_dimensions(account: QuickSight) -> None:
    publish(with_dimension())
    shown = account.resources.held["Dashboard", ID].versions[0]["Definition"]
    [sheet] = shown["Sheets"]
    [visual] = sheet["Visuals"]
    wells = visual["LineChartVisual"]["ChartConfiguration"]["FieldWells"]["LineChartAggregatedFieldWells"]
    columns = {name: next(iter(fields[0].values()))["Column"]["ColumnName"] for name, fields in wells.items()}
    assert columns == {"Category": "timestamp", "Values": "target_value", "Colors": "type"}
    assert wells["Category"][0]["DateDimensionField"]["DateGranularity"] == "DAY"
    filters = {group["Filters"][0]["CategoryFilter"]["FilterId"] for group in shown["FilterGroups"]}
    assert {control["Dropdown"]["SourceFilterId"] for control in sheet["FilterControls"]} == filters
    assert [control["Dropdown"]["Title"] for control in sheet["FilterControls"]] == ["item_id", "place"]


def test_when_nothing_changed_nothing_is_asked_for_and_what_people_changed_stays(account: QuickSight) -> None:
    publish()
    before = account.changes
    account.resources.held["Dashboard", ID].versions.append({"outcome": "CREATION_SUCCESSFUL", "errors": []})
    account.resources.held["Dashboard", ID].published = 2
    assert publish().changes == UNCHANGED
    assert account.changes == before
    assert account.resources.held["Dashboard", ID].published == 2


def test_another_schema_is_another_version_that_is_published(account: QuickSight) -> None:
    publish()
    assert publish(with_dimension()).changes == {
        "data source": "unchanged",
        "data set": "updated",
        "analysis": "updated",
        "dashboard": "updated",
    }
    assert account.resources.held["Dashboard", ID].published == 2


def test_an_update_that_fails_leaves_people_the_dashboard_they_have(account: QuickSight) -> None:
    publish()
    account.resources.failing["Dashboard"] = [{"Type": "INTERNAL_FAILURE", "Message": "try again"}]
    with pytest.raises(PermanentError, match="could not update the dashboard"):
        publish(with_dimension())
    assert account.resources.held["Dashboard", ID].published == 1
    assert publish(with_dimension()).changes == {**UNCHANGED, "dashboard": "updated"}
    assert account.resources.held["Dashboard", ID].published == 3


def test_a_change_by_somebody_else_is_a_reason_to_try_again(account: QuickSight) -> None:
    publish()
    account.resources.held["DataSet", ID].looks = 1  # which a data set does not show
    with pytest.raises(TransientError, match="is being changed by somebody else"):
        publish(with_dimension())
