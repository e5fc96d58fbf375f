"""One project, once on this machine and once on AWS, from the sensor to the tables: what comes out must be the same.

AWS is moto with an Athena that runs SQL, and the platform's own peer of Amazon Forecast, all over HTTP through boto3.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import dagster as dg
import pytest

from forecast_platform.bucket import layout
from forecast_platform.components.forecast_project.build import build_definitions
from forecast_platform.components.forecast_project.shell import ProjectShell
from forecast_platform.notifications.outbox import Outbox
from forecast_platform.platform import Platform
from forecast_platform.settings import load_settings
from forecast_platform_tests.aws.account import account, least_rights, variables
from forecast_platform_tests.fakes.aws_peer import AwsPeer, peer_in_thread
from forecast_platform_tests.small_project import small_csv, small_params, small_project

pytestmark = pytest.mark.slow
EARLIER, NEWEST = "2025-02-27", "2025-03-01"
"""Cutoffs of one week: the predictor is trained at an earlier one than either, so both bring data of their own."""
_DIFFERENT_BY_NATURE = {"run_id", "started", "ended", "predictor"}


@dataclass(frozen=True)
class Outcome:
    """What a person finds after two runs.

    Attributes:
        tables: Rows of every table, as SQL gives them, in an order of their own.
        objects: Bytes by key of what BI tools and people read.
        materialized: Assets of the newest cutoff.
        failed_checks: Of both runs.
        told: Subjects of the notifications.
    """

    tables: dict[str, list[str]]
    objects: dict[str, bytes]
    materialized: set[str]
    failed_checks: set[str]
    told: list[str]


@dataclass(frozen=True)
class OnAws:
    """The account after the runs."""

    outcome: Outcome
    peer: AwsPeer
    messages: list[dict[str, Any]]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """On the embedded engines."""
    with variables({"FORECAST_PLATFORM_HOME": str(tmp_path_factory.mktemp("here"))}):
        return _two_runs()


@pytest.fixture(scope="module")
def there(moto_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OnAws]:
    """On AWS, with everything that the settings offer but QuickSight, and with no more rights than runs have."""
    homes = tmp_path_factory.mktemp("there")
    with (
        account(moto_url, str(homes / "platform")) as found,
        peer_in_thread(homes / "peer") as peer,
        variables(dict(peer.environment())),
    ):
        with least_rights(found):
            outcome = _two_runs()
        yield OnAws(outcome, peer, found.messages())


def test_every_table_has_the_same_rows(here: Outcome, there: OnAws) -> None:
    assert set(there.outcome.tables) == set(here.tables)
    for table, rows in here.tables.items():
        assert there.outcome.tables[table] == rows, table


def test_what_bi_tools_and_people_read_is_the_same_bytes(here: Outcome, there: OnAws) -> None:
    assert set(there.outcome.objects) == set(here.objects)
    for key, content in here.objects.items():
        assert there.outcome.objects[key] == content, key


def test_the_same_assets_and_checks_succeed_and_people_are_told(here: Outcome, there: OnAws) -> None:
    assert there.outcome.materialized == here.materialized
    assert "athena_tables" in here.materialized
    assert there.outcome.failed_checks == here.failed_checks
    assert there.outcome.told == here.told
    assert len(there.messages) == len(here.told) == 2


def test_every_resource_of_the_service_was_created_once_and_the_week_has_one_predictor(there: OnAws) -> None:
    created = there.peer.created()
    assert {call: count for call, count in created.items() if count != 1} == {}
    operations = [operation for operation, _ in created]
    assert operations.count("CreatePredictor") == 1
    assert operations.count("CreateForecast") == 2


def test_the_accuracy_is_in_cloudwatch_under_the_names_of_the_old_pipeline(there: OnAws) -> None:
    metrics = boto3.client("cloudwatch").list_metrics(Namespace="FORECAST")["Metrics"]
    dimensions = {(one["MetricName"], tuple(sorted(two["Name"] for two in one["Dimensions"]))) for one in metrics}
    assert ("WQL", ("Algorithm", "Quantile")) in dimensions
    assert ("RMSE", ("Algorithm",)) in dimensions


def _two_runs() -> Outcome:
    """Data for the first cutoff, which somebody runs; then the rest of the data, which the sensor runs."""
    shell = ProjectShell(small_project(service=load_settings().service))
    bucket = shell.workspace().bucket
    bucket.write(layout.PARAMS, json.dumps(_params()).encode())
    bucket.write("train/first.csv", small_csv(days=58))
    definitions = build_definitions(shell.project)
    with dg.DagsterInstance.ephemeral() as instance:
        told = _tell(definitions, instance, None)  # looks at what ends from here on
        first = _run(definitions, shell, instance, EARLIER)
        bucket.write("train/second.csv", small_csv(first=58, days=2))
        repository = definitions.get_repository_def()
        context = dg.build_sensor_context(instance=instance, repository_def=repository)
        (request,) = repository.get_sensor_def("small_new_data").evaluate_tick(context).run_requests or []
        assert request.partition_key == NEWEST
        second = _run(definitions, shell, instance, NEWEST, request.tags)
        for _ in range(3):
            told = _tell(definitions, instance, told)
    return Outcome(
        tables=_tables(shell),
        objects={key: bucket.read(key) for key in _read_by_people(shell)},
        materialized={
            str(event.asset_key.path[-1]) for event in second.get_asset_materialization_events() if event.asset_key
        },
        failed_checks={
            evaluation.check_name
            for result in (first, second)
            for evaluation in result.get_asset_check_evaluations()
            if not evaluation.passed
        },
        told=sorted(one.subject for one in Outbox(load_settings().outbox).notifications()),
    )


def _params() -> dict[str, Any]:
    params = small_params()
    params["Predictor"]["AlgorithmArn"] = "arn:aws:forecast:::algorithm/NPTS"
    return params


def _run(
    definitions: dg.Definitions,
    shell: ProjectShell,
    instance: dg.DagsterInstance,
    partition: str,
    tags: Any = None,
) -> dg.ExecuteInProcessResult:
    job = definitions.resolve_job_def(shell.job_name)
    result = job.execute_in_process(instance=instance, partition_key=partition, tags=dict(tags or {}))
    assert result.success
    return result


def _tell(definitions: dg.Definitions, instance: dg.DagsterInstance, cursor: str | None) -> str | None:
    """One tick of the sensor that tells of successes; gives its cursor."""
    repository = definitions.get_repository_def()
    context = dg.build_sensor_context(instance=instance, cursor=cursor, repository_def=repository)
    return repository.get_sensor_def("small_tell_success").evaluate_tick(context).cursor


def _tables(shell: ProjectShell) -> dict[str, list[str]]:
    warehouse, found = Platform().warehouse({"small": shell.project}), {}
    for (table,) in warehouse.query("SHOW TABLES IN small").rows:
        if table.endswith("_files"):
            continue
        result = warehouse.query(f"SELECT * FROM small.{table}")
        kept = [place for place, name in enumerate(result.columns) if name not in _DIFFERENT_BY_NATURE]
        found[table] = sorted(repr([row[place] for place in kept]) for row in result.rows)
    return found


def _read_by_people(shell: ProjectShell) -> list[str]:
    folders = (layout.PUBLISHED, layout.CLEAN_HISTORY, layout.QUARANTINE)
    return [stored.key for folder in folders for stored in shell.workspace().bucket.list(folder)]
