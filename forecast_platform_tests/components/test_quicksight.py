"""The asset of the dashboard in QuickSight: there only where it is configured, and linked in the UI."""

from __future__ import annotations

import json
from collections.abc import Iterator

import dagster as dg
import pytest

from forecast_platform.aws.clients import client, forget_clients
from forecast_platform.components.forecast_project.quicksight import build_quicksight_assets
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform_tests.fakes.moto_server import ACCOUNT, REGION
from forecast_platform_tests.fakes.quicksight import QuickSight, running_quicksight
from forecast_platform_tests.small_project import after, small_params, small_project

PRINCIPAL = f"arn:aws:quicksight:{REGION}:{ACCOUNT}:user/default/planner"


@pytest.fixture
def on_aws(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform on AWS without QuickSight; the project's parameters are in the bucket."""
    monkeypatch.setenv("FORECAST_PLATFORM_ENV", "aws")
    monkeypatch.setenv("FORECAST_PLATFORM_SERVICE", "local")
    monkeypatch.setenv("FORECAST_PLATFORM_BUCKET", "forecasts")
    monkeypatch.setenv("FORECAST_PLATFORM_POLL_SECONDS", "0.01")
    client("s3").create_bucket(Bucket="forecasts", CreateBucketConfiguration={"LocationConstraint": REGION})
    client("s3").put_object(Bucket="forecasts", Key="small/params.json", Body=json.dumps(small_params()).encode())


@pytest.fixture
def quicksight(on_aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[QuickSight]:
    """QuickSight, configured."""
    with running_quicksight() as (account, url):
        monkeypatch.setenv("AWS_ENDPOINT_URL_QUICKSIGHT", url)
        monkeypatch.setenv("FORECAST_PLATFORM_QUICKSIGHT_PRINCIPAL_ARN", PRINCIPAL)
        forget_clients()
        yield account


def test_on_this_machine_there_is_no_such_asset(shell: ProjectShell) -> None:
    assert build_quicksight_assets(shell) == []


def test_without_a_principal_there_is_no_such_asset(on_aws: None) -> None:
    assert build_quicksight_assets(ProjectShell(small_project())) == []


def test_the_asset_makes_the_dashboard_and_links_it(quicksight: QuickSight) -> None:
    shell = ProjectShell(small_project())
    [asset] = build_quicksight_assets(shell)
    assert asset.asset_deps == {shell.key("quicksight_dashboard"): {shell.key("athena_tables")}}
    result = dg.materialize([asset], partition_key=f"{after(50):%Y-%m-%d}")
    [made] = result.asset_materializations_for_node(asset.op.name)
    assert made.metadata["dashboard"].value == "created"
    url = f"https://{REGION}.quicksight.aws.amazon.com/sn/dashboards/forecast-platform-small"
    assert made.metadata["page"].value == url
    assert len(quicksight.resources.held) == 4
