"""One monitor, once on this machine and once on AWS: the same documents, the same tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dagster as dg
import pytest

from forecast_platform.components.model_monitor.build import build_definitions
from forecast_platform.components.model_monitor.shell import MonitorShell
from forecast_platform.model_monitor import layout
from forecast_platform.platform import Platform
from forecast_platform_tests.aws.account import account, least_rights, variables
from forecast_platform_tests.model_monitor.small_monitor import QUALITY, baseline_csv, capture, rows, small_monitor

pytestmark = pytest.mark.slow
HOUR = "2025-11-03-00:00"
_BY_BUCKET = (layout.PROFILES, layout.SENT_METRICS)


@dataclass(frozen=True)
class Outcome:
    """What a person finds after the baseline and one hour.

    Attributes:
        documents: Bytes by key of statistics, constraints, violations and their like.
        tables: Rows of every table, in an order of their own.
        failed_checks: Of the hour.
    """

    documents: dict[str, bytes]
    tables: dict[str, list[str]]
    failed_checks: set[str]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """On the embedded engines."""
    with variables({"FORECAST_PLATFORM_HOME": str(tmp_path_factory.mktemp("here"))}):
        return _one_hour()


@pytest.fixture(scope="module")
def there(moto_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """On AWS, with no more rights than runs have."""
    with account(moto_url, str(tmp_path_factory.mktemp("there"))) as found, least_rights(found):
        yield _one_hour()


def test_a_monitor_writes_the_same_documents_and_tables_on_aws(here: Outcome, there: Outcome) -> None:
    assert set(there.documents) == set(here.documents)
    assert [key for key in here.documents if there.documents[key] != here.documents[key]] == []
    assert there.tables == here.tables
    assert here.tables["monitoring_violations"]
    assert there.failed_checks == here.failed_checks
    assert "baseline_drift" in here.failed_checks


def _one_hour() -> Outcome:
    shell = MonitorShell(small_monitor(model_quality=QUALITY))
    workspace = shell.workspace()
    workspace.bucket.write("baseline/train.csv", baseline_csv())
    capture(workspace, 0, rows(600, 3, lambda row: (row[0], row[1], row[2] + 15, row[3])), labels=True)
    definitions = build_definitions(shell.monitor)
    with dg.DagsterInstance.ephemeral() as instance:
        learnt = definitions.resolve_job_def(f"{shell.monitor.name}_baseline").execute_in_process(instance=instance)
        judged = definitions.resolve_job_def(shell.job_name).execute_in_process(instance=instance, partition_key=HOUR)
    assert learnt.success
    return Outcome(
        documents={
            stored.key: workspace.bucket.read(stored.key)
            for stored in workspace.bucket.list("monitoring/")
            # A profile is named by the version of what was read; what is sent to CloudWatch is remembered on AWS only.
            if stored.key.endswith(".json") and not stored.key.startswith(_BY_BUCKET)
        },
        tables=_tables(shell),
        failed_checks={one.check_name for one in judged.get_asset_check_evaluations() if not one.passed},
    )


def _tables(shell: MonitorShell) -> dict[str, list[str]]:
    warehouse = Platform().warehouse({shell.monitor.name: shell.monitor})
    names: list[Any] = [name for (name,) in warehouse.query(f"SHOW TABLES IN {shell.monitor.name}").rows]
    return {
        name: sorted(map(repr, warehouse.query(f"SELECT * FROM {shell.monitor.name}.{name}").rows))
        for name in names
        if not name.endswith("_files")
    }
