"""What definitions say of the engines they run on: kinds, pools, and who goes on with jobs."""

from __future__ import annotations

import dagster as dg
import pytest

from forecast_platform.components.forecast_project.build import build_definitions
from forecast_platform_tests.small_project import small_project

ON_AWS = {
    "FORECAST_PLATFORM_ENV": "aws",
    "FORECAST_PLATFORM_BUCKET": "forecasts",
    "FORECAST_PLATFORM_FORECAST_ROLE_ARN": "arn:aws:iam::123456789012:role/forecast",
}


def assets(definitions: dg.Definitions) -> dict[str, dg.AssetsDefinition]:
    found = definitions.resolve_all_asset_specs()
    graph = definitions.resolve_asset_graph()
    return {spec.key.path[-1]: graph.assets_def_for_key(spec.key) for spec in found}


def pools(definitions: dg.Definitions) -> dict[str, set[str | None]]:
    by_pool: dict[str, set[str | None]] = {}
    for noun, asset in assets(definitions).items():
        for pool in asset.op.pools:
            by_pool.setdefault(pool, set()).add(noun)
    return by_pool


def kinds(definitions: dg.Definitions, noun: str) -> set[str]:
    (spec,) = assets(definitions)[noun].specs
    return set(spec.kinds)


def test_on_this_machine_everything_that_is_trained_shares_its_cores() -> None:
    definitions = build_definitions(small_project())
    assert pools(definitions) == {"local_training": {"predictor", "exported_forecast", "explainability", "what_if"}}
    assert kinds(definitions, "athena_tables") == {"duckdb", "sql"}


@pytest.mark.parametrize("jobs", ["wait", "defer"])
def test_on_aws_each_kind_of_job_has_a_pool_and_runs_that_do_not_wait_have_a_sensor(
    jobs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {**ON_AWS, "FORECAST_PLATFORM_JOBS": jobs}.items():
        monkeypatch.setenv(name, text)
    definitions = build_definitions(small_project(service="amazon_forecast"))
    assert pools(definitions) == {
        "amazon_forecast_import": {"dataset_group"},
        "amazon_forecast_predictor": {"predictor"},
        "amazon_forecast_forecast": {"exported_forecast"},
        "amazon_forecast_explainability": {"explainability"},
        "amazon_forecast_what_if": {"what_if"},
    }
    assert kinds(definitions, "athena_tables") == {"athena", "sql", "s3"}
    assert kinds(definitions, "predictor") == {"amazon_forecast", "s3"}
    sensors = {sensor.name for sensor in definitions.sensors or []}
    assert ("small_jobs_under_way" in sensors) == (jobs == "defer")


def test_the_embedded_engine_on_aws_is_always_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, text in {**ON_AWS, "FORECAST_PLATFORM_JOBS": "defer"}.items():
        monkeypatch.setenv(name, text)
    definitions = build_definitions(small_project(service="local"))
    assert "small_jobs_under_way" not in {sensor.name for sensor in definitions.sensors or []}
    assert kinds(definitions, "predictor") == {"local", "python", "s3"}
