"""What ``deploy/docker-compose.yaml`` runs on one server, as processes instead of containers, on free loopback ports.

Belongs here: taking commands and variables from that file, starting, ending. Does not belong here: what is expected.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import yaml

from forecast_platform_tests.components.running import Deployment, free_port
from forecast_platform_tests.deploy.template import DEPLOY
from forecast_platform_tests.fakes.postgresql import PostgreSql

_ORDER = ("code-server", "daemon", "webserver", "dashboards")
_QUICKLY = {"FORECAST_PLATFORM_SETTLE_SECONDS": "0", "FORECAST_PLATFORM_SENSOR_INTERVAL_SECONDS": "2"}


@contextmanager
def one_server(folder: Path, postgresql: PostgreSql) -> Iterator[Deployment]:
    """Start everything, the code server first, and end exactly what was started.

    Args:
        folder: Of the home, the instance and the log.
    """
    services = yaml.safe_load((DEPLOY / "docker-compose.yaml").read_text("utf-8"))["services"]
    ports = {published: str(free_port()) for published in ("3000", "3001", "4000")}
    places = _places(folder, ports["4000"])
    variables = _variables(services["code-server"]["environment"], folder, postgresql) | _QUICKLY
    log = folder / "log"
    with ExitStack() as stack, log.open("wb") as output:
        running = Deployment(
            folder / "home", f"http://127.0.0.1:{ports['3000']}", f"http://127.0.0.1:{ports['3001']}", log
        )
        for name in _ORDER:
            command = services[name].get("command") or _command_of_the_image()
            words = [ports.get(word, places.get(word, word)) for word in command]
            program = Path(sys.executable).with_name(words[0])
            process = subprocess.Popen(
                [str(program), *words[1:]], env=variables, stdout=output, stderr=output, cwd=folder
            )
            stack.callback(_end, process)
            if name == "code-server":
                check = [program, "api", "grpc-health-check", "-p", ports["4000"]]
                running.wait(lambda check=check: _succeeds(check, variables))
        running.wait(lambda: _loaded(running) and _answers(running.dashboards))
        yield running


def is_well(folder: Path, postgresql: PostgreSql) -> bool:
    """What the health check of the daemon says."""
    services = yaml.safe_load((DEPLOY / "docker-compose.yaml").read_text("utf-8"))["services"]
    words = services["daemon"]["healthcheck"]["test"][1:]
    program = Path(sys.executable).with_name(words[0])
    return _succeeds([program, *words[1:]], _variables(services["daemon"]["environment"], folder, postgresql))


def _places(folder: Path, code_server_port: str) -> dict[str, str]:
    """Where the files of the image are here, and who may reach the pages."""
    (folder / "workspace.yaml").write_text(
        (DEPLOY / "workspace.yaml").read_text("utf-8").replace("4000", code_server_port), encoding="utf-8"
    )
    return {"/opt/forecast-platform/workspace.yaml": str(folder / "workspace.yaml"), "0.0.0.0": "127.0.0.1"}


def _variables(written: Mapping[str, str], folder: Path, postgresql: PostgreSql) -> dict[str, str]:
    """The variables of the containers, with this machine's places."""
    here = {
        **postgresql.environment(),
        "DAGSTER_HOME": str(DEPLOY / "compose"),
        "DAGSTER_CODE_SERVER_HOST": "127.0.0.1",
    }
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(("FORECAST_", "DAGSTER_"))}
    in_containers = {name: text.replace("/home/forecast", str(folder / "home")) for name, text in written.items()}
    defaults = {name: re.sub(r"\$\{\w+:[-?]([^}]*)\}", r"\1", text) for name, text in in_containers.items()}
    return inherited | defaults | here


def _command_of_the_image() -> list[str]:
    words = re.search(r"^CMD (\[.*\])$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    assert words
    command: list[str] = yaml.safe_load(words[1])
    return command


def _succeeds(command: list[Any], variables: Mapping[str, str]) -> bool:
    return subprocess.run(command, env=dict(variables), capture_output=True, check=False).returncode == 0


def _loaded(running: Deployment) -> bool:
    try:
        loaded = running.ask("{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }")
    except (URLError, ConnectionError):
        return False
    return bool(loaded["repositoriesOrError"].get("nodes"))


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=30) as answer:
            return bool(answer.status == 200)
    except (URLError, ConnectionError):
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
