"""A whole deployment with its daemon, whose runs do not wait for Amazon Forecast: from a file to the message."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from forecast_platform.bucket import layout
from forecast_platform.pipeline.inputs import read_training_data
from forecast_platform.pipeline.training import train_predictor
from forecast_platform.platform import Platform
from forecast_platform_tests.aws.account import account, variables
from forecast_platform_tests.components.running import Deployment, deployment, write_project
from forecast_platform_tests.fakes.aws_peer import peer_in_thread
from forecast_platform_tests.small_project import DAYS, after, quiet, small_csv, small_params, small_project

PROJECT = "  start: 2025-02-10\n  cadence: daily\n  end: 2025-04-01\n"


@pytest.mark.slow
def test_the_daemon_takes_a_project_from_job_to_job_until_people_are_told(moto_url: str, tmp_path: Path) -> None:
    with (
        account(moto_url, str(tmp_path / "home")) as there,
        peer_in_thread(tmp_path / "peer", delay=0.5) as peer,
        variables(dict(peer.environment())),
    ):
        write_project(tmp_path / "defs", "small", PROJECT)
        bucket = Platform().bucket("small")
        bucket.write(layout.PARAMS, json.dumps(_params()).encode())
        bucket.write("train/days.csv", small_csv())
        _train()
        ours = {name: text for name, text in os.environ.items() if name.startswith("FORECAST_")}
        defer = {
            "FORECAST_PLATFORM_JOBS": "defer",
            "FORECAST_PLATFORM_SENSOR_INTERVAL_SECONDS": "1",
            "FORECAST_PLATFORM_DEFS": str(tmp_path / "defs"),
        }
        with deployment(tmp_path, {**ours, **defer}) as running:
            (message,) = running.wait(there.messages)
            runs = running.runs("small_forecast")
            assert message["event"] == "success", message
            assert len(runs) >= 2, "one that met a job, and one that went on"
            assert {run["status"] for run in runs} == {"SUCCESS"}
            assert _materialized(running) >= {"predictor", "forecast", "dashboard", "athena_tables"}
        assert set(peer.created().values()) == {1}
        assert list(bucket.list(layout.WAITING)) == []


def _train() -> None:
    """What has been done before, waiting for it: a deployment takes seconds for each job that it meets."""
    workspace, cutoff = Platform().workspace(small_project(service="amazon_forecast")), after(DAYS)
    read_training_data(workspace, cutoff)
    train_predictor(workspace, cutoff, quiet)


def _params() -> dict[str, Any]:
    params = small_params()
    params["Predictor"]["AlgorithmArn"] = "arn:aws:forecast:::algorithm/NPTS"
    return params


def _materialized(running: Deployment) -> set[str]:
    query = "{ assetNodes { assetKey { path } assetMaterializations(limit: 1) { partition } } }"
    nodes = running.ask(query)["assetNodes"]
    return {node["assetKey"]["path"][-1] for node in nodes if node["assetMaterializations"]}
