"""Dagster's instance on AWS as ``deploy/dagster.yaml`` has it: every part is made from it and does its work on moto."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
import pytest
import yaml
from dagster._core.launcher.base import LaunchRunContext

from forecast_platform_tests.deploy.template import DEPLOY
from forecast_platform_tests.fakes import moto_server

LOGS = "my-forecasts"
MOST_OVERRIDES = 8192
"""Characters of overrides that ECS takes; the command of a run is among them, with the description of the instance."""


@pytest.fixture
def home(tmp_path: Path, aws: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """``DAGSTER_HOME`` with the file, in a container whose variables are those of the daemon."""
    pytest.importorskip("dagster_aws", reason="needs the extra `deploy`")
    shutil.copy(DEPLOY / "dagster.yaml", tmp_path / "dagster.yaml")
    variables = {
        "AWS_ENDPOINT_URL": aws,
        "DAGSTER_POSTGRES_HOST": "postgresql.example.com",
        "DAGSTER_POSTGRES_PASSWORD": "p@ss",
        "DAGSTER_LOGS_BUCKET": LOGS,
        "DAGSTER_LOGS_PREFIX": "team/dagster-logs",
        "DAGSTER_RUN_TASK_DEFINITION": "forecasts-run",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3").create_bucket(Bucket=LOGS, **moto_server.IN_THE_REGION)
    return tmp_path


@pytest.mark.slow
def test_storage_is_postgresql_over_an_encrypted_connection_with_the_password_of_the_environment(home: Path) -> None:
    from dagster._config import process_config, resolve_to_config_type
    from dagster_postgres import DagsterPostgresStorage
    from dagster_postgres.utils import pg_url_from_config

    data = _reference(home).storage_data
    read = process_config(resolve_to_config_type(DagsterPostgresStorage.config_type()), data.config_dict)
    assert read.success, read.errors
    url = pg_url_from_config(read.value)
    address, _, options = url.partition("?")
    assert address == "postgresql+psycopg2://dagster:p%40ss@postgresql.example.com:5432/dagster"
    assert "sslmode=require" in options.split("&")


@pytest.mark.slow
def test_the_output_of_runs_is_kept_on_s3_and_read_again(home: Path) -> None:
    from dagster._core.storage.compute_log_manager import ComputeIOType, ComputeLogManager

    manager = _reference(home).compute_logs_data.rehydrate(as_type=ComputeLogManager)
    with manager.open_log_stream(["run", "compute_logs", "step"], ComputeIOType.STDERR) as stream:
        assert stream is not None
        stream.write("trained")
    (found,) = boto3.client("s3").list_objects_v2(Bucket=LOGS)["Contents"]
    assert found["Key"].startswith("team/dagster-logs/storage/run/")
    shutil.rmtree("/tmp/dagster/run", ignore_errors=True)


@pytest.mark.slow
def test_a_run_becomes_a_task_of_the_stacks_definition_in_the_network_of_the_daemon(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = _network()
    with _task_metadata(_daemon(network)) as url, _instance(home) as instance:
        monkeypatch.setenv("ECS_CONTAINER_METADATA_URI_V4", url)
        run = _run(instance, home)
        instance.run_launcher.launch_run(LaunchRunContext(run, workspace=None))
        started = instance.get_run_by_id(run.run_id)
        assert started is not None
        tags = started.tags
        (task,) = boto3.client("ecs").describe_tasks(cluster="forecasts", tasks=[tags["ecs/task_arn"]])["tasks"]
        assert instance.run_launcher.terminate(run.run_id)
    assert task["taskDefinitionArn"].endswith("task-definition/forecasts-run:1")
    (container,) = task["overrides"]["containerOverrides"]
    assert container["name"] == "run"
    assert container["command"][:3] == ["dagster", "api", "execute_run"]
    assert len(json.dumps(task["overrides"])) < MOST_OVERRIDES
    details = {one["name"]: one["value"] for one in task["attachments"][0]["details"]}
    assert details["subnetId"] == network["subnets"][0]


@contextmanager
def _instance(home: Path) -> Iterator[dg.DagsterInstance]:
    """The instance of the file, but for its storage, which needs a PostgreSQL with TLS."""
    written = yaml.safe_load((home / "dagster.yaml").read_text("utf-8"))
    (home / "storage").mkdir()
    others = {name: part for name, part in written.items() if name != "storage"}
    with dg.DagsterInstance.local_temp(str(home / "storage"), overrides=others) as instance:
        yield instance


def _reference(home: Path) -> Any:
    from dagster._core.instance.ref import InstanceRef

    return InstanceRef.from_dir(str(home))


def _network() -> dict[str, list[str]]:
    ec2 = boto3.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    group = ec2.create_security_group(GroupName="tasks", Description="tasks", VpcId=subnet["VpcId"])["GroupId"]
    return {"subnets": [subnet["SubnetId"]], "securityGroups": [group]}


def _daemon(network: dict[str, list[str]]) -> dict[str, Any]:
    """The task of the daemon, as ECS knows it; the definition of runs is there too."""
    ecs = boto3.client("ecs")
    ecs.create_cluster(clusterName="forecasts")
    for family in ("daemon", "run"):
        ecs.register_task_definition(
            family=f"forecasts-{family}",
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="1024",
            memory="2048",
            containerDefinitions=[{"name": family, "image": "forecast-platform:1", "memory": 2048}],
        )
    started: dict[str, Any] = ecs.run_task(
        cluster="forecasts",
        taskDefinition="forecasts-daemon",
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": network},
    )["tasks"][0]
    return started


@contextmanager
def _task_metadata(task: dict[str, Any]) -> Iterator[str]:
    """What a container on Fargate can ask about itself."""
    answers = {
        "/": {"Name": "daemon"},
        "/task": {"Cluster": task["clusterArn"], "TaskARN": task["taskArn"]},
    }

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(answers[self.path or "/"]).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it)
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def _run(instance: dg.DagsterInstance, home: Path) -> dg.DagsterRun:
    """A run of a job in a code server."""
    from dagster._core.code_pointer import ModuleCodePointer
    from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
    from dagster._core.remote_origin import GrpcServerCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin

    @dg.job
    def small_forecast() -> None: ...

    location = GrpcServerCodeLocationOrigin(host="code-server", port=4000, location_name="forecast_platform")
    repository = RepositoryPythonOrigin(
        executable_path="/opt/venv/bin/python",
        code_pointer=ModuleCodePointer("forecast_platform.definitions", "defs", str(home)),
        entry_point=["dagster"],
    )
    return instance.create_run_for_job(
        small_forecast,
        remote_job_origin=RemoteJobOrigin(RemoteRepositoryOrigin(location, "__repository__"), "small_forecast"),
        job_code_origin=JobPythonOrigin("small_forecast", repository),
    )
