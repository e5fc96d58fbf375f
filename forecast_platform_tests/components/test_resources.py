"""What the assets of a deployment can ask for, and what a deployment with wrong settings says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from forecast_platform.definitions import defs
from forecast_platform.errors import InputError
from forecast_platform.platform import Platform

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "use-the-components-in-your-dg-project.md"


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A deployment without projects."""
    monkeypatch.setenv("FORECAST_PLATFORM_HOME", str(tmp_path))
    monkeypatch.setenv("FORECAST_PLATFORM_DEFS", str(tmp_path / "defs"))
    return tmp_path


def test_an_asset_of_ones_own_gets_the_engines_that_the_settings_mean(elsewhere: Path) -> None:
    @dg.asset
    def note(platform: dg.ResourceParam[Platform]) -> None:
        platform.bucket("mine").write("note.txt", b"done")

    loaded = dg.Definitions.merge(defs(), dg.Definitions(assets=[note]))
    job = loaded.resolve_implicit_global_asset_job_def()
    assert job.execute_in_process(instance=dg.DagsterInstance.ephemeral()).success
    assert (elsewhere / "bucket" / "mine" / "note.txt").read_bytes() == b"done"


def test_the_example_of_the_documentation_runs(elsewhere: Path) -> None:
    code = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert code is not None
    example: dict[str, Any] = {}
    exec(compile(code[1], PAGE.name, "exec", dont_inherit=True), example)
    folder = elsewhere / "bucket" / "demand"
    (folder / "quicksight").mkdir(parents=True)
    rows = "item_id,timestamp,target_value,type\nbread,2026-01-01,7,p50\nbread,2026-01-01,9,p90\n"
    (folder / "quicksight" / "forecast.csv").write_text(rows)
    resources = example["resources"]().resources
    assert dg.materialize([example["orders"]], resources=resources, instance=dg.DagsterInstance.ephemeral()).success
    assert (folder / "orders" / "orders.csv").read_text() == "bread,2026-01-01,7"


def test_on_aws_the_same_name_means_the_engines_on_aws(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECAST_PLATFORM_ENV", "aws")
    monkeypatch.setenv("FORECAST_PLATFORM_BUCKET", "my-forecasts")
    monkeypatch.setenv("FORECAST_PLATFORM_SERVICE", "local")
    platform = (defs().resources or {})["platform"]
    assert isinstance(platform, Platform)
    assert platform.bucket("mine").uri("note.txt") == "s3://my-forecasts/mine/note.txt"


def test_a_deployment_with_wrong_settings_does_not_start_and_says_why(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECAST_PLATFORM_ENV", "gcp")
    with pytest.raises(InputError, match=r"FORECAST_PLATFORM_ENV: found 'gcp'; expected local or aws"):
        defs()
