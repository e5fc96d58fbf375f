"""A whole deployment with its daemon, whose runs do not wait for Amazon Forecast: from a file to the message."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from forecast_platform.bucket import layout
from forecast_platform.platform import Platform
from forecast_platform_tests.aws.account import account, variables
from forecast_platform_tests.components.running import Deployment, deployment, write_project
from forecast_platform_tests.fakes.aws_peer import peer_in_thread
from forecast_platform_tests.small_project import small_csv, small_params

PROJECT = "  start: 2025-02-10\n  cadence: daily\n  end: 2025-04-01\n"


@pytest.mark.slow
def test_the_daemon_takes_a_project_from_job_to_job_until_people_are_told(moto_url: str, tmp_path: Path) -> None:
    with (
        account(moto_url, str(tmp_path / "home")) as there,
        peer_in_thread(tmp_path / "peer", delay=0.5) as peer,
        variables({**peer.environment(), "FORECAST_PLATFORM_JOBS": "defer"}),
    ):
        write_project(tmp_path / "defs", "small", PROJECT)
        bucket = Platform().bucket("small")
        bucket.write(layout.PARAMS, json.dumps(_params()).encode())
        bucket.write("train/days.csv", small_csv())
        ours = {name: text for name, text in os.environ.items() if name.startswith("FORECAST_")}
        quick = {"FORECAST_PLATFORM_SENSOR_INTERVAL_SECONDS": "2", "FORECAST_PLATFORM_SETTLE_SECONDS": "0"}
        with deployment(tmp_path, {**ours, **quick, "FORECAST_PLATFORM_DEFS": str(tmp_path / "defs")}) as running:
            (message,) = running.wait(there.messages)
            runs = running.runs("small_forecast")
            assert message["event"] == "success", message
            assert len(runs) >= 3, "a run for each job that was met"
            assert {run["status"] for run in runs} == {"SUCCESS"}
            assert _materialized(running) >= {
                "predictor",
                "exported_forecast",
                "forecast",
                "dashboard",
                "athena_tables",
            }
        assert set(peer.created().values()) == {1}
        assert list(bucket.list(layout.WAITING)) == []


def _params() -> dict[str, Any]:
    params = small_params()
    params["Predictor"]["AlgorithmArn"] = "arn:aws:forecast:::algorithm/NPTS"
    return params


def _materialized(running: Deployment) -> set[str]:
    query = "{ assetNodes { assetKey { path } assetMaterializations(limit: 1) { partition } } }"
    nodes = running.ask(query)["assetNodes"]
    return {node["assetKey"]["path"][-1] for node in nodes if node["assetMaterializations"]}
