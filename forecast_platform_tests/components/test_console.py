"""What a run on the command line prints when an asset is not made in it."""

# No postponed annotations: Dagster takes the annotation of ``context`` as it is.

from collections.abc import Iterator
from typing import Any

import dagster as dg
import pytest

from forecast_platform.defs.console import console


@dg.asset(output_required=False)
def predictor(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
    context.log.info("The service works on it.")
    yield from ()


@dg.asset_check(asset=predictor, blocking=True)
def is_measured() -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=True)


@dg.asset(deps=[predictor])
def forecast() -> None:
    pass


def test_what_follows_an_asset_that_is_not_made_is_skipped_without_a_word_for_each(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    definitions = dg.Definitions.merge(
        console(), dg.Definitions(assets=[predictor, forecast], asset_checks=[is_measured])
    )
    job = definitions.resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(instance=instance, run_config={"loggers": {"console": {"config": {}}}})
    assert result.success
    assert not result.get_asset_materialization_events()
    printed = capfd.readouterr().err
    assert "predictor: The service works on it." in printed
    assert "skipped dependencies" not in printed
    assert "emitted no result" not in printed + caplog.text
