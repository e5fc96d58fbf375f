"""Dagster's storage on a real PostgreSQL, configured by ``deploy/compose/dagster.yaml``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import pytest

from forecast_platform.components.forecast_project.build import build_definitions
from forecast_platform_tests.fakes.postgresql import PostgreSql
from forecast_platform_tests.small_project import small_project, small_workspace

PARTITION = "2025-03-01"


@pytest.mark.slow
def test_what_is_stored_is_there_after_a_restart_of_the_server(dagster_home: Path, postgresql: PostgreSql) -> None:
    with _instance(dagster_home) as instance:
        instance.daemon_cursor_storage.set_cursor_values({"cursor": "here"})
        instance.report_runless_asset_event(dg.AssetMaterialization("bread"))
    postgresql.stop()
    postgresql.start()
    with _instance(dagster_home) as instance:
        assert instance.daemon_cursor_storage.get_cursor_values({"cursor"}) == {"cursor": "here"}
        assert instance.get_latest_materialization_event(dg.AssetKey("bread")) is not None


@pytest.mark.slow
def test_nothing_is_lost_when_the_server_is_killed_in_the_middle_of_a_run(
    dagster_home: Path, postgresql: PostgreSql, tmp_path: Path
) -> None:
    from dagster_postgres.utils import DagsterPostgresException

    small_workspace(tmp_path / "home")
    with _instance(dagster_home) as instance, pytest.raises(DagsterPostgresException):
        _run(instance, at_fifth=postgresql.kill)
    postgresql.start()
    with _instance(dagster_home) as instance:
        cut_off = instance.get_runs(limit=1)[0]
        assert cut_off.status is not dg.DagsterRunStatus.SUCCESS
        assert len(_materializations(instance, cut_off.run_id)) == 5
        again = _run(instance, at_fifth=lambda: (postgresql.kill(), postgresql.start()))
        assert again.success
        recorded = _materializations(instance, again.run_id)
        assert len(recorded) > 5
    postgresql.stop()
    postgresql.start()
    with _instance(dagster_home) as instance:
        run = instance.get_run_by_id(again.run_id)
        assert run is not None
        assert run.status is dg.DagsterRunStatus.SUCCESS
        assert _materializations(instance, again.run_id) == recorded


def _instance(home: Path) -> dg.DagsterInstance:
    return dg.DagsterInstance.from_config(str(home))


def _run(instance: dg.DagsterInstance, at_fifth: Callable[[], object] | None = None) -> dg.ExecuteInProcessResult:
    """One run; ``at_fifth`` is called when the fifth asset was recorded."""
    run_id = f"00000000-0000-0000-0000-{instance.get_runs_count():012}"
    seen: list[dg.EventLogEntry] = []

    def listen(entry: dg.EventLogEntry) -> None:
        if entry.dagster_event and entry.dagster_event.event_type is dg.DagsterEventType.ASSET_MATERIALIZATION:
            seen.append(entry)
            if len(seen) == 5 and at_fifth:
                at_fifth()

    instance.add_event_listener(run_id, listen)
    job = build_definitions(small_project()).resolve_job_def("small_forecast")
    return job.execute_in_process(instance=instance, partition_key=PARTITION, run_id=run_id, raise_on_error=False)


def _materializations(instance: dg.DagsterInstance, run_id: str) -> list[tuple[str, float]]:
    """Asset and instant of every materialization in the log of a run."""
    entries = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    return [(entry.get_dagster_event().asset_key.to_user_string(), entry.timestamp) for entry in entries]
