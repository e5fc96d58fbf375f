"""Whether a container's command is one that its program takes.

Belongs here: finding the program's own command line. Does not belong here: running it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from forecast_platform_tests.deploy.template import DEPLOY


def check(command: Sequence[str]) -> None:
    """Raises what click raises for an unknown command or option, or a file that the image does not have."""
    found: click.Command = _program(command[0])
    copies = re.findall(r"^COPY (deploy/\S+) (/\S+)$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    in_the_image = {target: str(DEPLOY.parent / source) for source, target in copies}
    words = [in_the_image.get(word, word) for word in command[1:]]
    while isinstance(found, click.Group):
        name = words.pop(0)
        member = found.get_command(click.Context(found), name)
        assert member is not None, command
        found = member
    found.make_context(command[0], words)


def _program(name: str) -> click.Command:
    if name == "dagster":
        from dagster._cli import create_dagster_cli

        return create_dagster_cli()
    if name == "dagster-daemon":
        from dagster._daemon.cli import create_dagster_daemon_cli

        return create_dagster_daemon_cli()
    if name == "dagster-webserver":
        from dagster_webserver.cli import dagster_webserver

        return dagster_webserver
    assert name == "forecast-platform", name
    from forecast_platform.cli import cli

    return cli
