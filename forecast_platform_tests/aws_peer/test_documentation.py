"""The page for people who move a program over says what is so, and its example runs."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from forecast_platform.aws_peer.forecast.operations_table import exemptions_table, operations_table
from forecast_platform_tests.fakes.aws_peer import peer_in_thread
from forecast_platform_tests.fakes.moto_server import IN_THE_REGION

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "use-amazon-forecast-programs.md"


def _between(marker: str) -> str:
    found = re.search(rf"<!-- {marker} -->\n(.*?)\n<!-- end -->", PAGE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1]


def test_the_page_has_the_operations_that_work_and_those_that_do_not() -> None:
    assert _between("operations") == operations_table()


def test_the_page_says_where_the_published_model_is_not_followed() -> None:
    assert _between("exemptions") == exemptions_table()


@pytest.mark.slow
def test_the_example_runs_unchanged(aws: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert example is not None
    boto3.client("s3").create_bucket(Bucket="my-forecasts", **IN_THE_REGION)
    with peer_in_thread(tmp_path) as peer:
        for name, value in peer.environment().items():
            monkeypatch.setenv(name, value)
        run = subprocess.run([sys.executable, "-c", example[1]], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    first, *rows, last = run.stdout.splitlines()
    assert first.startswith("weighted quantile loss: 0.")
    assert len(rows) == 7
    assert "'p90'" in rows[0]
    assert "'Value'" in last
