"""The compose file of one server: variables, ports, passwords, and what ``docker compose`` itself says of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from forecast_platform_tests.deploy import commands, settings_asked
from forecast_platform_tests.deploy.template import DEPLOY

FILE = DEPLOY / "docker-compose.yaml"
_PLUGINS = ("/usr/libexec/docker/cli-plugins", "/usr/lib/docker/cli-plugins", "/usr/local/lib/docker/cli-plugins")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    services: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))["services"]
    return services


@pytest.fixture(scope="module")
def compose() -> list[str]:
    """The words with which ``docker compose`` is run; it needs no daemon to read a file."""
    # Not on the path: what is called docker-compose there may be version 1, which is another program.
    folders = (*_PLUGINS, str(Path.home() / ".docker" / "cli-plugins"))
    program = shutil.which("docker-compose", path=os.pathsep.join(folders))
    if program is None:
        pytest.skip("docker compose 2 is not installed; on Debian 13 and later: apt-get install docker-compose")
    return [program, "--file", str(FILE), "config", "--quiet"]


def test_docker_compose_takes_the_file(compose: list[str], tmp_path: Path) -> None:
    subprocess.run(compose, env={"POSTGRES_PASSWORD": "x", "HOME": str(tmp_path)}, check=True)


def test_docker_compose_refuses_it_without_a_password_and_says_where_to_set_it(
    compose: list[str], tmp_path: Path
) -> None:
    refused = subprocess.run(compose, env={"HOME": str(tmp_path)}, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "deploy/.env.example" in refused.stderr


def test_every_password_comes_from_the_environment(services: dict[str, Any]) -> None:
    given = [
        (name, value)
        for service in services.values()
        for name, value in service["environment"].items()
        if "PASSWORD" in name
    ]
    assert given
    assert [name for name, value in given if not value.startswith("${")] == []


def test_pages_are_for_this_machine_only_unless_somebody_says_otherwise(services: dict[str, Any]) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert len(published) == 2
    assert all(port.startswith("${FORECAST_PLATFORM_ADDRESS:-127.0.0.1}:") for port in published)


def test_containers_get_variables_that_are_read(services: dict[str, Any]) -> None:
    for name in set(services) - {"postgres"}:
        given = set(services[name]["environment"])
        asked = settings_asked.by_file(DEPLOY / "compose" / "dagster.yaml") | settings_asked.by_file(
            DEPLOY / "workspace.yaml"
        )
        assert asked <= given
        ours = {variable for variable in given if variable.startswith("FORECAST_PLATFORM_")}
        assert ours - asked <= settings_asked.by_the_platform("local")


@pytest.mark.slow
def test_the_command_of_every_container_is_one_that_its_program_takes(services: dict[str, Any]) -> None:
    for service in services.values():
        if "command" in service:
            commands.check(service["command"])


@pytest.mark.slow
def test_every_container_says_whether_it_is_well(services: dict[str, Any]) -> None:
    dockerfile = (DEPLOY / "Dockerfile").read_text("utf-8")
    without = {name for name, service in services.items() if "healthcheck" not in service}
    assert without == {"code-server"}
    words = re.search(r"^HEALTHCHECK .*CMD (\[.*\])$", dockerfile, re.MULTILINE)
    assert words
    commands.check(yaml.safe_load(words[1]))


def test_the_example_of_the_env_file_has_every_variable_that_the_file_takes() -> None:
    taken = set(re.findall(r"\$\{(\w+)", FILE.read_text("utf-8")))
    shown = set(re.findall(r"^#?(\w+)=", (DEPLOY / ".env.example").read_text("utf-8"), re.MULTILINE))
    assert shown | {"FORECAST_PLATFORM_IMAGE"} == taken


def test_the_image_is_made_of_files_that_are_there_and_are_not_ignored() -> None:
    allowed = {
        line[1:] for line in (DEPLOY.parent / ".dockerignore").read_text("utf-8").splitlines() if line[:1] == "!"
    }
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    sources = {source for line in copied for source in line.split()}
    assert {"pyproject.toml", "deploy/dagster.yaml", "deploy/compose/dagster.yaml"} <= sources
    for source in sources:
        assert (DEPLOY.parent / source).exists()
        assert source.partition("/")[0] in allowed
